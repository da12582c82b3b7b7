// Working memory of one search: dense arrays that are all zero between searches, so that a search
// touches only what it reaches.
#pragma once

#include <algorithm>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "session/session_index.h"

namespace vitrine {

// Sums scores by item and remembers which items have one.
class ScoreBoard {
 public:
  void reserve(std::size_t item_end) {
    if (cells_.size() < item_end) cells_.resize(item_end);
    if (touched_.size() <= item_end) touched_.resize(item_end + 1);
  }

  // score > 0. Without a branch to guess.
  void add(std::uint32_t item, double score) {
    double& sum = cells_[item].score;
    touched_[count_] = item;
    count_ += sum == 0;
    sum += score;
  }

  // The same, and remembers the reason of the largest part.
  void add_because(std::uint32_t item, double score, std::uint32_t because) {
    add(item, score);
    Cell& cell = cells_[item];
    const bool best = score > cell.best;
    cell.best = best ? score : cell.best;
    cell.because = best ? because : cell.because;
  }

  // Multiplies each score by factor(item), which is above 0.
  template <class Factor>
  void scale(Factor factor) {
    for (std::size_t i = 0; i < count_; ++i) cells_[touched_[i]].score *= factor(touched_[i]);
  }

  // Writes the best allowed items, forgets all, and returns how many were written.
  std::size_t finish(AllowedItems allowed, Found found) {
    ranked_.clear();
    for (std::size_t i = 0; i < count_; ++i) {
      const std::uint32_t item = touched_[i];
      const double score = cells_[item].score;
      // What is too small for the caller's floats is nothing.
      if (static_cast<float>(score) > 0 && allowed.has(item)) ranked_.push_back({score, item});
    }
    const std::size_t count = std::min(ranked_.size(), found.items.size());
    const auto middle = ranked_.begin() + static_cast<std::ptrdiff_t>(count);
    const auto better = [](const Ranked& a, const Ranked& b) {
      return a.score != b.score ? a.score > b.score : a.item < b.item;
    };
    if (count < ranked_.size()) std::nth_element(ranked_.begin(), middle, ranked_.end(), better);
    if (found.sorted) std::sort(ranked_.begin(), middle, better);
    for (std::size_t i = 0; i < count; ++i) {
      found.items[i] = ranked_[i].item;
      found.scores[i] = static_cast<float>(ranked_[i].score);
      if (!found.because.empty()) found.because[i] = cells_[ranked_[i].item].because;
    }
    for (std::size_t i = 0; i < count_; ++i) cells_[touched_[i]] = {};
    count_ = 0;
    return count;
  }

 private:
  struct Cell {
    double score = 0;  // 0: not touched
    double best = 0;   // the largest part of it,
    std::uint32_t because = 0;  // and where that came from
  };
  struct Ranked {
    double score;
    std::uint32_t item;
  };

  std::vector<Cell> cells_;             // by item
  std::vector<std::uint32_t> touched_;  // `count_` of them
  std::size_t count_ = 0;
  std::vector<Ranked> ranked_;
};

// A session that may vote, as one number: the larger the better, and of equals the newer.
class Candidate {
 public:
  Candidate() = default;
  // likeness at least 0
  Candidate(std::uint32_t slot, float likeness)
      : order_(std::uint64_t{std::bit_cast<std::uint32_t>(likeness)} << 32 | slot) {}

  std::uint32_t slot() const { return static_cast<std::uint32_t>(order_); }
  float likeness() const { return std::bit_cast<float>(static_cast<std::uint32_t>(order_ >> 32)); }
  auto operator<=>(const Candidate&) const = default;

 private:
  std::uint64_t order_ = 0;
};

// Sessions that hold an item of the query, ascending, and what that says.
struct Holders {
  std::span<const std::uint32_t> slots;
  float weight;
};

struct Scratch {
  ScoreBoard board;
  std::vector<Holders> lists;           // of the query's items, the latest first
  std::vector<float> likeness;          // by slot - first slot, 0: no candidate
  std::vector<std::uint32_t> slots;     // room for those of the candidates
  std::vector<Candidate> candidates;
  std::vector<std::uint32_t> place;     // by item: 1 + its last place in the query, 0: not in it
  // Of the weights of the last search.
  NeighbourWeights weights = {};
  std::vector<double> length_divisor;   // by length
  std::vector<double> distance_weight;  // by distance to the match
  std::vector<double> age_weight;       // by age, up to kAgeStep
  std::vector<double> far_age_weight;   // by multiples of kAgeStep
  std::vector<double> holders_log;      // log(n) of small n: of no weights
};

inline constexpr std::uint32_t kAgeStep = 1024;
inline constexpr std::uint32_t kHoldersLogEnd = 4096;

}  // namespace vitrine
