// What one source found of one query.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "recommend/recommender.h"

namespace vitrine {

struct ShareList {
  std::vector<std::uint32_t> rows;
  std::vector<float> scores;
  std::vector<std::uint32_t> because;
  std::size_t count = 0;

  void reserve(std::size_t room) {
    if (rows.size() >= room) return;
    rows.resize(room);
    scores.resize(room);
    because.resize(room);
  }

  Found found(std::size_t room, bool with_because) {
    return {{rows.data(), room}, {scores.data(), room},
            with_because ? std::span<std::uint32_t>{because.data(), room} : std::span<std::uint32_t>{},
            false};
  }

  void push(std::uint32_t row, float score, std::uint32_t reason) {
    rows[count] = row;
    scores[count] = score;
    because[count++] = reason;
  }

  // Shares of a whole, so that sources of any scale can be added up.
  void normalise() {
    double sum = 0;
    for (std::size_t i = 0; i < count; ++i) sum += static_cast<double>(scores[i]);
    if (!(sum > 0)) return;
    for (std::size_t i = 0; i < count; ++i) {
      scores[i] = static_cast<float>(static_cast<double>(scores[i]) / sum);
    }
  }

  // Scores of any sign, best first.
  void softmax(double temperature) {
    const double best = count == 0 ? 0 : static_cast<double>(scores[0]);
    for (std::size_t i = 0; i < count; ++i) {
      scores[i] = static_cast<float>(std::exp((static_cast<double>(scores[i]) - best) / temperature));
    }
    normalise();
  }
};

}  // namespace vitrine
