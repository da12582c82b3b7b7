#include "index/sift.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>

namespace vitrine {

namespace {

// A query for the upper bytes of wide codes, as unsigned: a row's code is 256 times the byte less 128, and
// 0..255 more. That is taken as 127.5, and off by as much at most. Returns how far a row is off for it.
double halve(const CodedQuery& wide, std::size_t count, CodedQuery& into) {
  constexpr double kStep = 1.0 / 32'767;  // of a wide code, a row's and a query's
  const auto* codes = reinterpret_cast<const std::int16_t*>(wide.codes);
  int largest = 1;
  for (std::size_t i = 0; i < count; ++i) largest = std::max(largest, std::abs(int{codes[i]}));
  const double step = largest / 127.0;
  double error = 0;
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto code = static_cast<int>(std::lrint(codes[i] / step));
    into.codes[i] = static_cast<std::int8_t>(code);
    sum += code;
    error += (codes[i] - code * step) * (codes[i] - code * step);
  }
  into.length = wide.length;
  into.scale = static_cast<float>(256 * step * kStep * kStep);
  into.bias = static_cast<std::int32_t>(sum * (256 * 128 * 2 - 255) / 512);  // 128 - 127.5 / 256 a code
  into.error = std::sqrt(error) * kStep + wide.error + into.scale;
  into.spread = 0;
  return std::sqrt(static_cast<double>(count)) * 127.5 * kStep;
}

}  // namespace

void ScanQuery::begin(Metric metric, const float* query, const Coder& coder, double row_error,
                      std::size_t k) {
  row = query;
  coded.codes = codes.sized(coder.bytes());
  coder.encode(row, coded);
  bound = Bound(metric, coded, row_error);
  found.reset(k);
  wide = coder.width() == Width::wide;
  if (!wide) return;
  const std::size_t count = coder.bytes() / 2;
  const std::size_t bytes = padded(count, kCodePad);
  halves.codes = half_codes.sized(bytes);
  std::fill(halves.codes + count, halves.codes + bytes, std::int8_t{0});
  const double more_error = halve(coded, count, halves);
  sieve_bound = Bound(metric, halves, row_error + more_error);
}

float least_length(std::span<const ScanQuery> queries) noexcept {
  float least = std::numeric_limits<float>::infinity();
  for (const ScanQuery& query : queries) least = std::min(least, query.bound.least_length());
  return least;
}

void Sift::begin(const DistanceKernels& kernels, std::span<const ScanQuery> queries, std::size_t quads) {
  sieve_ = kernels.sieve;
  quads_ = quads;
  queries_ = queries;
  by_.count = queries.size();
  const std::size_t tiles = (queries.size() + kTile - 1) / kTile;
  std::int8_t* codes = codes_.sized(tiles * packed_bytes(quads, kernels.shape));
  by_.codes = codes;
  for (std::size_t q = 0; q < queries.size(); ++q) {
    pack_query(queries[q].sieved().codes, quads, q, kernels.shape, codes);
  }
}

std::size_t Sift::groups_after(std::size_t before) noexcept {
  return std::clamp<std::size_t>(before / 4, 1, kGroups);
}

std::span<const Sift::Passed> Sift::sieve(const std::uint8_t* groups, std::size_t count,
                                          const float* lengths, const std::uint16_t* wanted) {
  for (std::size_t q = 0; q < by_.count; ++q) queries_[q].sieved_bound().tell(by_, q);
  sieve_(groups, count, quads_, lengths, by_, bits_.data());
  Passed* passed = passed_.sized(kGroups * kGroup * kSieveQueries);
  std::size_t found = 0;
  constexpr std::size_t kAtOnce = sizeof(std::uint64_t) / sizeof(std::uint16_t);
  for (std::size_t group = 0; group < count; ++group) {
    const std::uint16_t* bits = bits_.data() + group * kSieveQueries;
    for (std::size_t first = 0; first < by_.count; first += kAtOnce) {
      std::uint64_t some;  // of queries there are none of: whatever was there
      std::memcpy(&some, bits + first, sizeof some);
      if (some == 0) continue;
      const std::size_t end = std::min(first + kAtOnce, by_.count);
      for (std::size_t q = first; q < end; ++q) {
        for (std::uint32_t left = bits[q] & wanted[group]; left != 0; left &= left - 1) {
          const auto row = static_cast<std::uint32_t>(std::countr_zero(left));
          passed[found++] = {static_cast<std::uint16_t>(group * kGroup + row), static_cast<std::uint16_t>(q)};
        }
      }
    }
  }
  return {passed, found};
}

}  // namespace vitrine
