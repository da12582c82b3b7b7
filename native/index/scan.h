// Exact search: compares with every vector that may be returned. By codes first; only what these cannot
// rule out is compared as it was given.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <span>

#include "core/top_k.h"
#include "index/codes.h"
#include "index/longest.h"
#include "index/rows.h"
#include "index/sift.h"

namespace vitrine {

// What a pass over the vectors needs: lent (core/lender.h), so that nothing is allocated for it.
struct ScanPass {
  std::array<ScanQuery, kSieveQueries> queries;
  Sift sift;
  Aligned<std::uint8_t> rows;    // a group's, where they are not taken as they lie
  Aligned<std::uint8_t> groups;
};

// The vectors of a scan.
struct Scanned {
  const Rows& rows;
  const Codes& codes;
  const Longest& longest;
  const DistanceKernels& kernels;
  DotsFn dots;
};

inline constexpr std::uint64_t kAnyRows = ~std::uint64_t{0};

// Offers to the `found` of each of the pass's first `count` queries every allowed vector that may be among
// its best. Readers' side of the gate held.
// `by_id`: looks the allowed ids up, rather than meeting them on the way through all the vectors; or goes by
// `slots`, where it is known which are allowed.
// False, and nothing is known, where there turn out to be more than `rows_max` to compare.
bool scan(const Scanned& in, const Allow* allow, bool by_id, std::uint64_t rows_max, ScanPass& pass,
          std::size_t count, std::span<const std::uint64_t> slots = {});

// Calls visit(slot) for every allowed id that has one, in order of id.
template <class Visit>
void for_each_allowed(const Rows& rows, const Allow& allow, Visit visit) {
  const std::span<const std::uint32_t> words = allow.words;
  for (std::size_t word = 0; word < words.size(); word += 2) {  // in few matches most are 0
    std::uint64_t bits = words[word];
    if (word + 1 < words.size()) bits |= std::uint64_t{words[word + 1]} << 32;
    for (; bits != 0; bits &= bits - 1) {
      const auto id = static_cast<std::uint32_t>(word * 32) + static_cast<std::uint32_t>(std::countr_zero(bits));
      const std::uint32_t slot = id == kNone ? kNone : rows.slot(id);
      if (slot != kNone) visit(slot);
    }
  }
}

// Upper bound of the ids allowed: bits set, whether there are vectors for them or not.
std::size_t count_allowed(const Allow& allow) noexcept;

// Best first into `ids` and `scores`, k of each; the places that are left get kNone and -infinity.
void write_results(TopK& found, std::uint32_t k, std::uint32_t* ids, float* scores);

}  // namespace vitrine
