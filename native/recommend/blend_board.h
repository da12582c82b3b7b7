// Adds up what several sources found: dense over rows, all zero between answers.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "recommend/recommender.h"

namespace vitrine {

class BlendBoard {
 public:
  // part > 0
  void add(std::uint32_t row, double part, std::uint8_t source, std::uint32_t because) {
    if (row >= cells_.size()) cells_.resize(std::max<std::size_t>(row + std::size_t{1}, 2 * cells_.size()));
    Cell& cell = cells_[row];
    if (cell.score == 0) touched_.push_back(row);
    cell.score += part;
    if (part <= cell.best) return;
    cell.best = part;
    cell.source = source;
    cell.because = because;
  }

  // Appends the best k, best first, ties by lower row, and forgets all.
  void finish(std::size_t k, std::vector<Recommended>& out) {
    ranked_.clear();
    for (const std::uint32_t row : touched_) ranked_.push_back({cells_[row].score, row});
    const std::size_t count = std::min(k, ranked_.size());
    const auto end = ranked_.begin() + static_cast<std::ptrdiff_t>(count);
    if (count < ranked_.size()) std::nth_element(ranked_.begin(), end, ranked_.end(), before);
    std::sort(ranked_.begin(), end, before);
    for (std::size_t i = 0; i < count; ++i) {
      const Cell& cell = cells_[ranked_[i].row];
      out.push_back({ranked_[i].row, cell.because, static_cast<float>(cell.score), cell.source});
    }
    for (const std::uint32_t row : touched_) cells_[row] = {};
    touched_.clear();
  }

 private:
  struct Cell {
    double score = 0;  // 0: not found by any
    double best = 0;   // the largest part of it,
    std::uint32_t because = kNoRow;  // what that followed from,
    std::uint8_t source = 0;         // and whose it was
  };
  struct Ranked {
    double score;
    std::uint32_t row;
  };
  static bool before(const Ranked& a, const Ranked& b) {
    return a.score != b.score ? a.score > b.score : a.row < b.row;
  }

  std::vector<Cell> cells_;  // by row
  std::vector<std::uint32_t> touched_;
  std::vector<Ranked> ranked_;
};

}  // namespace vitrine
