// How far a walk goes: pure functions of what is asked.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace vitrine {

// A search's pool holds the vectors that are at most `ratio` times as far from the query as the k-th
// nearest met so far, and the `least` nearest in any case; but never more than `most`. All that it holds
// are followed, unless `follow` is fewer. So a walk is short where the nearest stand out, and long where
// many others are nearly as near: with a pool of one size for all, the easy queries pay for places that
// the hard ones lack. Who looks for a vector's edges follows few: whom those lead to are as good.
struct Reach {
  std::size_t most;
  std::size_t least = 0;
  std::size_t k = 0;  // 0: all that there is room for
  double ratio = 1;   // of squared distances
  std::size_t follow = ~std::size_t{0};
};

// What a beam stands for. `beam` is at least k.
inline Reach reach_for(std::size_t k, std::size_t beam) noexcept {
  // The number of vectors within a distance grows with this power of its square: about so for vectors
  // that were learned. Of others, or where they lie otherwise, `least` and `most` are what counts.
  constexpr double kGrowth = 20;
  constexpr std::size_t kLeastShare = 4;  // of the beam
  constexpr std::size_t kMostTimes = 4;
  const double wider = static_cast<double>(beam) / static_cast<double>(k);
  return {beam * kMostTimes, std::max(k, beam / kLeastShare), k, std::pow(wider, 1 / kGrowth)};
}

}  // namespace vitrine
