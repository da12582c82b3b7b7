// From vectors to short codes: what searches compare first, a quarter of the memory of floats or a half.
//
// Narrow codes have one byte. A vector's direction is turned by a random rotation, after which its values
// look like chance with a spread of 1 / sqrt(width) whatever they were before, and rounded to steps that
// every vector shares. The rotation is signs and Hadamard transforms (as in Ailon & Chazelle 2006),
// n log n additions. Wide codes have two bytes, and are rounded as they are.
//
// The length is kept apart: a coded vector needs nothing of the others, so one may come at any time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace vitrine {

enum class Width : std::uint8_t { narrow = 1, wide = 2 };  // bytes to a code

// A query in codes.
struct CodedQuery {
  std::int8_t* codes;  // Coder::bytes(), on a cache line
  double length;
  std::int32_t bias;   // what the dot with a row of codes has too much
  float scale;         // (dot - bias) * scale is about the product with the row's direction
  double error;        // and at most this far from it, for a row that is coded without error
  double spread;       // and so far from it as a rule, for any row: a standard deviation
};

class Coder {
 public:
  // Vectors of `dim` floats become `bytes` of codes: room for all, a multiple of 4. A vector shorter than
  // `length_min`, or of length 0, has no direction: its codes stand for zero.
  Coder(std::size_t dim, Width width, std::size_t bytes, double length_min);

  std::size_t bytes() const noexcept { return count_ * static_cast<std::size_t>(width_); }
  Width width() const noexcept { return width_; }

  // Any finite vector of length up to kNormMax. Returns how far the coded direction is from the true.
  double encode(const float* vector, std::uint8_t* codes) const;

  // Sets all but `codes`, and fills those.
  void encode(const float* query, CodedQuery& into) const;

  // Codes as a query would have them: the dot of a with b, less b's bias, which is returned, times
  // row_scale() is about the product of their directions.
  std::int32_t as_query(const std::uint8_t* row, std::int8_t* codes) const noexcept;
  float row_scale() const noexcept { return step_ * step_; }

 private:
  // Into `turned`: the direction, rotated if narrow. Returns the length.
  double turn(const float* vector, float* turned) const;

  std::size_t dim_, count_;   // of floats, of codes
  Width width_;
  double length_min_;
  std::size_t block_;         // of the transform: the largest power of two up to `count`
  float step_;                // between neighbouring codes
  std::vector<float> signs_;  // 1 or -1, `count` for each round
};

}  // namespace vitrine
