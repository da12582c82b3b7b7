// How many rows an expression will match: pure arithmetic on the counts of its parts.
#pragma once

#include <algorithm>
#include <cstdint>

namespace vitrine {

// `least` and `most` hold for certain; `expected` is what they would be if the parts had nothing to do
// with each other, kept within the two.
struct Bounds {
  std::uint64_t least = 0;
  std::uint64_t most = 0;
  double expected = 0;

  bool operator==(const Bounds&) const = default;
};

constexpr Bounds exactly(std::uint64_t count) noexcept {
  return {count, count, static_cast<double>(count)};
}

constexpr Bounds within(Bounds b) noexcept {
  b.expected =
      std::clamp(b.expected, static_cast<double>(b.least), static_cast<double>(b.most));
  return b;
}

// Rows of `rows` that are in both.
constexpr Bounds both(const Bounds& a, const Bounds& b, std::uint64_t rows) noexcept {
  if (rows == 0) return {};
  const std::uint64_t sum = a.least + b.least;
  return within({sum > rows ? sum - rows : 0, std::min(a.most, b.most),
                 a.expected * b.expected / static_cast<double>(rows)});
}

// Rows of `rows` that are in one of the two at least.
constexpr Bounds either(const Bounds& a, const Bounds& b, std::uint64_t rows) noexcept {
  if (rows == 0) return {};
  const double common = a.expected * b.expected / static_cast<double>(rows);
  return within({std::max(a.least, b.least), std::min(rows, a.most + b.most),
                 a.expected + b.expected - common});
}

// Rows of `rows` that are not in it.
constexpr Bounds without(const Bounds& a, std::uint64_t rows) noexcept {
  return within({rows - std::min(rows, a.most), rows - std::min(rows, a.least),
                 static_cast<double>(rows) - a.expected});
}

}  // namespace vitrine
