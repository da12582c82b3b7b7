// Plain loops over codes and halves: the oracle of the other sets.
#include <bit>

#include "distance/distance.h"

namespace vitrine::scalar {
namespace {

float widened(std::uint16_t half) noexcept {
  return std::bit_cast<float>(static_cast<std::uint32_t>(half) << 16);
}

}  // namespace

float half_l2sq(const float* a, const std::uint16_t* b, std::size_t dim) noexcept {
  float sum[4] = {0, 0, 0, 0};
  for (std::size_t i = 0; i < dim; i += 4) {
    for (std::size_t lane = 0; lane < 4; ++lane) {
      const float d = a[i + lane] - widened(b[i + lane]);
      sum[lane] += d * d;
    }
  }
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

float half_dot(const float* a, const std::uint16_t* b, std::size_t dim) noexcept {
  float sum[4] = {0, 0, 0, 0};
  for (std::size_t i = 0; i < dim; i += 4) {
    for (std::size_t lane = 0; lane < 4; ++lane) sum[lane] += a[i + lane] * widened(b[i + lane]);
  }
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

float fixed_l2sq(const float* a, const std::int16_t* b, float step, std::size_t dim) noexcept {
  float sum[4] = {0, 0, 0, 0};
  for (std::size_t i = 0; i < dim; i += 4) {
    for (std::size_t lane = 0; lane < 4; ++lane) {
      const float d = a[i + lane] - step * static_cast<float>(b[i + lane]);
      sum[lane] += d * d;
    }
  }
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

float fixed_dot(const float* a, const std::int16_t* b, float step, std::size_t dim) noexcept {
  float sum[4] = {0, 0, 0, 0};
  for (std::size_t i = 0; i < dim; i += 4) {
    for (std::size_t lane = 0; lane < 4; ++lane) {
      sum[lane] += a[i + lane] * (step * static_cast<float>(b[i + lane]));
    }
  }
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

void dots(const std::int8_t* query, const std::uint8_t* const* rows, std::size_t count,
          std::size_t bytes, std::int32_t* dots) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    std::int32_t sum = 0;
    for (std::size_t j = 0; j < bytes; ++j) sum += rows[i][j] * query[j];
    dots[i] = sum;
  }
}

void wide_dots(const std::int8_t* query, const std::uint8_t* const* rows, std::size_t count,
               std::size_t bytes, std::int32_t* dots) noexcept {
  const auto* wide = reinterpret_cast<const std::int16_t*>(query);
  for (std::size_t i = 0; i < count; ++i) {
    const auto* row = reinterpret_cast<const std::int16_t*>(rows[i]);
    std::int32_t sum = 0;
    for (std::size_t j = 0; j < bytes / 2; ++j) sum += row[j] * wide[j];
    dots[i] = sum;
  }
}

void group(const std::uint8_t* const* rows, std::size_t bytes, std::uint8_t* group) noexcept {
  for (std::size_t at = 0; at < bytes; at += 4) {
    for (std::size_t row = 0; row < kGroup; ++row, group += 4) __builtin_memcpy(group, rows[row] + at, 4);
  }
}

void sieve(const std::uint8_t* groups, std::size_t count, std::size_t quads, const float* lengths,
           const Sieves& by, std::uint16_t* passed) noexcept {
  for (std::size_t g = 0; g < count; ++g, groups += quads * 4 * kGroup, lengths += kGroup) {
    for (std::size_t q = 0; q < by.count; ++q) {
      const std::int8_t* query = by.codes + q / kTile * packed_bytes(quads, shape) + q % kTile * 4;
      std::int32_t sums[kGroup] = {};
      for (std::size_t quad = 0; quad < quads; ++quad) {
        for (std::size_t row = 0; row < kGroup; ++row) {
          const std::uint8_t* codes = groups + (quad * kGroup + row) * 4;
          for (std::size_t i = 0; i < 4; ++i) sums[row] += codes[i] * query[quad * 4 * kTile + i];
        }
      }
      unsigned bits = 0;
      for (std::size_t row = 0; row < kGroup; ++row) {
        const float length = lengths[row];
        const float raised = (static_cast<float>(sums[row]) + by.slack[q]) * length;
        bits |= static_cast<unsigned>(raised - length * length * by.gain[q] >= by.floor[q]) << row;
      }
      passed[g * kSieveQueries + q] = static_cast<std::uint16_t>(bits);
    }
  }
}

}  // namespace vitrine::scalar
