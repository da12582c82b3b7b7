#include "index/coder.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "core/prng.h"

namespace vitrine {
namespace {

constexpr std::size_t kRounds = 2;
constexpr std::size_t kCountMax = 4160;
constexpr int kZero = 128;     // the code of 0
constexpr int kCodeMax = 127;  // above and below it
// Two rows of length 1 have a product of at most 2^30.
constexpr int kWideMax = 32'767;
// Values beyond this many spreads are cut off: one in 500 million. Fewer steps would make the rare
// vector with a larger value a coarse one, and the exact index's bound with it.
constexpr double kSpreads = 6;

// In place, `count` a power of two; makes vectors longer by sqrt(count).
void hadamard(float* values, std::size_t count) noexcept {
  for (std::size_t half = 1; half < count; half *= 2) {
    for (std::size_t at = 0; at < count; at += 2 * half) {
      for (std::size_t i = at; i < at + half; ++i) {
        const float a = values[i], b = values[i + half];
        values[i] = a + b;
        values[i + half] = a - b;
      }
    }
  }
}

// The nearest whole number, ties to even, for values below 2^22: no call, so loops become vectors.
inline float whole(float value) noexcept {
  constexpr float kShift = 0x1.8p23f;
  return (value + kShift) - kShift;
}

double norm(const float* vector, std::size_t dim) noexcept {
  double sum = 0;
  for (std::size_t i = 0; i < dim; ++i) sum += double{vector[i]} * double{vector[i]};
  return std::sqrt(sum);
}

}  // namespace

Coder::Coder(std::size_t dim, Width width, std::size_t bytes, double length_min)
    : dim_(dim),
      count_(bytes / static_cast<std::size_t>(width)),
      width_(width),
      length_min_(length_min),
      block_(std::bit_floor(count_)),
      step_(static_cast<float>(
          width == Width::wide
              ? 1.0 / kWideMax
              : std::min(1.0, kSpreads / std::sqrt(static_cast<double>(count_))) / kCodeMax)),
      signs_(width == Width::wide ? 0 : kRounds * count_) {
  Prng prng(0x7669'7472'696e'65);  // the same for all: a file needs not keep it
  for (float& sign : signs_) sign = prng.next() >> 63 == 0 ? 1.0f : -1.0f;
}

double Coder::turn(const float* vector, float* turned) const {
  const double length = norm(vector, dim_);
  const double scale = length < length_min_ || length == 0 ? 0 : 1 / length;
  for (std::size_t i = 0; i < dim_; ++i) turned[i] = static_cast<float>(vector[i] * scale);
  std::fill(turned + dim_, turned + count_, 0.0f);
  if (width_ == Width::wide) return length;
  const float shrink = 1 / std::sqrt(static_cast<float>(block_));
  for (std::size_t round = 0; round < kRounds; ++round) {
    const float* signs = signs_.data() + round * count_;
    for (std::size_t i = 0; i < count_; ++i) turned[i] *= signs[i];
    // Where the count is no power of two: the front, then the back, which overlap.
    for (std::size_t first = 0;; first = count_ - block_) {
      hadamard(turned + first, block_);
      for (std::size_t i = first; i < first + block_; ++i) turned[i] *= shrink;
      if (first == count_ - block_) break;
    }
  }
  return length;
}

double Coder::encode(const float* vector, std::uint8_t* codes) const {
  float turned[kCountMax];
  turn(vector, turned);
  const float inverse = 1 / step_;
  const auto most = static_cast<float>(width_ == Width::wide ? kWideMax : kCodeMax);
  double error = 0;
  for (std::size_t i = 0; i < count_; ++i) {
    const float code = std::clamp(whole(turned[i] * inverse), -most, most);
    if (width_ == Width::wide) {
      const auto wide = static_cast<std::int16_t>(code);
      std::memcpy(codes + 2 * i, &wide, sizeof wide);
    } else {
      codes[i] = static_cast<std::uint8_t>(static_cast<int>(code) + kZero);
    }
    const double off = double{turned[i]} - double{code} * step_;
    error += off * off;
  }
  return std::sqrt(error);
}

void Coder::encode(const float* query, CodedQuery& into) const {
  float turned[kCountMax];
  into.length = turn(query, turned);
  float largest = 0;
  for (std::size_t i = 0; i < count_; ++i) largest = std::max(largest, std::abs(turned[i]));
  // A wide query uses the rows' steps, so that its product with them fits.
  const float step = width_ == Width::wide ? step_ : largest > 0 ? largest / kCodeMax : 1.0f;
  const float inverse = 1 / step;
  double error = 0;
  std::int32_t sum = 0;
  for (std::size_t i = 0; i < count_; ++i) {
    const int code = static_cast<int>(whole(turned[i] * inverse));
    if (width_ == Width::wide) {
      const auto wide = static_cast<std::int16_t>(std::clamp(code, -kWideMax, kWideMax));
      std::memcpy(into.codes + 2 * i, &wide, sizeof wide);
    } else {
      into.codes[i] = static_cast<std::int8_t>(code);
      sum += code;
    }
    const double off = double{turned[i]} - double{step} * code;
    error += off * off;
  }
  into.bias = sum * kZero;
  into.scale = step_ * step;
  into.error = std::sqrt(error);
  // Each value is off by half a step at most, as likely by little as by much.
  into.spread = std::sqrt((double{step_} * step_ + double{step} * step) / 12);
}

std::int32_t Coder::as_query(const std::uint8_t* row, std::int8_t* codes) const noexcept {
  if (width_ == Width::wide) {
    std::memcpy(codes, row, bytes());
    return 0;
  }
  // Two loops, whose memory is not this object's: so they become vectors.
  const std::size_t count = count_;
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += row[i];
  auto* const into = reinterpret_cast<std::uint8_t*>(codes);
  std::memcpy(into, row, count);
  for (std::size_t i = 0; i < count; ++i) into[i] ^= kZero;  // less kZero, without widening
  return (static_cast<std::int32_t>(sum) - static_cast<std::int32_t>(count) * kZero) * kZero;
}

}  // namespace vitrine
