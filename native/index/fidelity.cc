#include "index/fidelity.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <numeric>
#include <vector>

#include "core/aligned.h"
#include "distance/distance.h"
#include "index/coder.h"
#include "index/rows.h"

namespace vitrine {
namespace {

constexpr std::size_t kNearest = 10;
constexpr std::size_t kQueriesMin = 8, kQueriesMax = 96;
constexpr std::size_t kValuesMax = 20'000'000;  // to be multiplied: some hundredths of a second

double dot(const float* a, const float* b, std::size_t dim) noexcept {
  double sum = 0;
  for (std::size_t i = 0; i < dim; ++i) sum += double{a[i]} * double{b[i]};
  return sum;
}

// Higher is nearer; `product` is that of the directions.
double nearness(Metric metric, double product, double length, double query_length) noexcept {
  switch (metric) {
    case Metric::cosine: return product;
    case Metric::ip: return product * length;
    default: return 2 * product * length * query_length - length * length;
  }
}

// Numbers of the nearest, ascending; never `self`.
void nearest(const std::vector<double>& scores, std::uint32_t self, std::vector<std::uint32_t>& order) {
  order.resize(scores.size());
  std::iota(order.begin(), order.end(), 0u);
  std::erase(order, self);
  const auto end = order.begin() + std::min(kNearest, order.size());
  std::partial_sort(order.begin(), end, order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return scores[a] != scores[b] ? scores[a] > scores[b] : a < b;
  });
  order.erase(end, order.end());
  std::sort(order.begin(), order.end());
}

}  // namespace

double kept_by_narrow_codes(std::span<const float> vectors, const IndexOptions& options) {
  const std::size_t dim = options.dim;
  const std::size_t count = vectors.size() / dim;
  const Coder coder(dim, Width::narrow, padded(dim, kCodePad), coded_length_min(options.metric));
  Aligned<std::uint8_t> codes;
  codes.sized(count * coder.bytes());
  std::vector<double> lengths(count);
  std::vector<const std::uint8_t*> rows(count);
  for (std::size_t i = 0; i < count; ++i) {
    const float* vector = vectors.data() + i * dim;
    lengths[i] = std::sqrt(dot(vector, vector, dim));
    rows[i] = codes.data() + i * coder.bytes();
    coder.encode(vector, codes.data() + i * coder.bytes());
  }
  const std::size_t affordable = kValuesMax / std::max<std::size_t>(1, count * dim);
  const std::size_t queries = std::min(count, std::clamp(affordable, kQueriesMin, kQueriesMax));
  Aligned<std::int8_t> code;
  CodedQuery coded{};
  coded.codes = code.sized(coder.bytes());
  std::vector<std::int32_t> dots(count);
  std::vector<double> truly(count), by_codes(count);
  std::vector<std::uint32_t> expected, found, both;
  std::size_t kept = 0, asked = 0;
  for (std::size_t q = 0; q < queries; ++q) {
    const auto self = static_cast<std::uint32_t>(q * count / queries);
    const float* query = vectors.data() + self * dim;
    const double length = lengths[self];
    if (length == 0) continue;
    coder.encode(query, coded);
    options.kernels->dots(coded.codes, rows.data(), count, coder.bytes(), dots.data());
    for (std::size_t i = 0; i < count; ++i) {
      const double both_lengths = lengths[i] * length;
      const double product = both_lengths == 0 ? 0 : dot(query, vectors.data() + i * dim, dim) / both_lengths;
      truly[i] = nearness(options.metric, product, lengths[i], length);
      by_codes[i] = nearness(options.metric, (dots[i] - coded.bias) * double{coded.scale}, lengths[i], length);
    }
    nearest(truly, self, expected);
    nearest(by_codes, self, found);
    both.clear();
    std::set_intersection(expected.begin(), expected.end(), found.begin(), found.end(),
                          std::back_inserter(both));
    kept += both.size();
    asked += expected.size();
  }
  return asked == 0 ? 1 : static_cast<double>(kept) / static_cast<double>(asked);
}

}  // namespace vitrine
