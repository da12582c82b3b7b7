// Working memory of one search: dense arrays that are all zero between searches, so that a search
// touches only what it reaches.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "session/session_index.h"

namespace vitrine {

// Sums scores by item and remembers which items have one.
class ScoreBoard {
 public:
  void reserve(std::size_t item_end) {
    if (scores_.size() >= item_end) return;
    scores_.resize(item_end, 0);
    best_.resize(item_end, 0);
    because_.resize(item_end, 0);
  }

  // score > 0
  void add(std::uint32_t item, double score) {
    if (scores_[item] == 0) touched_.push_back(item);
    scores_[item] += score;
  }

  // The same, and remembers the reason of the largest part.
  void add_because(std::uint32_t item, double score, std::uint32_t because) {
    add(item, score);
    if (score <= best_[item]) return;
    best_[item] = score;
    because_[item] = because;
  }

  // Multiplies each score by factor(item), which is above 0.
  template <class Factor>
  void scale(Factor factor) {
    for (const std::uint32_t item : touched_) scores_[item] *= factor(item);
  }

  // Writes the best allowed items, forgets all, and returns how many were written.
  std::size_t finish(AllowedItems allowed, Found found) {
    ranked_.clear();
    for (const std::uint32_t item : touched_) {
      // What is too small for the caller's floats is nothing.
      const bool counts = static_cast<float>(scores_[item]) > 0;
      if (counts && allowed.has(item)) ranked_.push_back({scores_[item], item});
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
      if (!found.because.empty()) found.because[i] = because_[ranked_[i].item];
    }
    for (const std::uint32_t item : touched_) scores_[item] = best_[item] = 0;
    touched_.clear();
    return count;
  }

 private:
  struct Ranked {
    double score;
    std::uint32_t item;
  };

  std::vector<double> scores_;          // by item, 0: not touched
  std::vector<double> best_;            // by item: the largest part of its score
  std::vector<std::uint32_t> because_;  // by item: where that came from
  std::vector<std::uint32_t> touched_;
  std::vector<Ranked> ranked_;
};

struct Candidate {
  std::uint32_t slot;
  double likeness;
};

struct Scratch {
  ScoreBoard board;
  std::vector<double> likeness;         // by slot - first slot, 0: no candidate
  std::vector<std::uint32_t> slots;     // of the candidates
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
