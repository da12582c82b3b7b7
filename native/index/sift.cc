#include "index/sift.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace vitrine {

void ScanQuery::begin(Metric metric, const float* query, const Coder& coder, double row_error,
                      std::size_t k) {
  row = query;
  coded.codes = codes.sized(coder.bytes());
  coder.encode(row, coded);
  bound = Bound(metric, coded, row_error);
  found.reset(k);
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
    pack_query(queries[q].coded.codes, quads, q, kernels.shape, codes);
  }
}

std::size_t Sift::groups_after(std::size_t before) noexcept {
  return std::clamp<std::size_t>(before / 4, 1, kGroups);
}

std::span<const Sift::Passed> Sift::sieve(const std::uint8_t* groups, std::size_t count,
                                          const float* lengths, const std::uint16_t* wanted) {
  for (std::size_t q = 0; q < by_.count; ++q) queries_[q].bound.tell(by_, q);
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
