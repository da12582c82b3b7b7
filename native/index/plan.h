// Scan or graph: pure decisions, made from counts alone.
#pragma once

#include <cstdint>

namespace vitrine {

// Vectors a graph search looks at for each place of its beam: 9 to 14 measured on Diginetica's item
// vectors (cosine, ip; beam 100), and a look costs the graph more than it costs a scan.
inline constexpr std::uint64_t kLooksPerPlace = 16;

// Whether comparing with all `matches` (vectors that may be returned) is cheaper than walking the
// graph of `vectors`: the rarer the matches, the more others a walk meets on its way to them.
constexpr bool scan_is_cheaper(std::uint64_t matches, std::uint64_t vectors,
                               std::uint64_t beam) noexcept {
  if (matches == 0) return true;
  return matches <= kLooksPerPlace * beam * vectors / matches;
}

// Whether a walk has cost more than the scan would have: it ends there, and the scan is made after
// all. So no search costs much more than twice the scan, however badly matches lie for the graph.
constexpr bool walk_is_lost(std::uint64_t looks, std::uint64_t matches) noexcept {
  return looks > matches;
}

}  // namespace vitrine
