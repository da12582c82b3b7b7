// Many rows, by groups, past many queries: what their codes cannot rule out.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "core/aligned.h"
#include "core/top_k.h"
#include "index/bound.h"
#include "index/coder.h"
#include "index/rows.h"

namespace vitrine {

// A query on its way through the vectors.
struct ScanQuery {
  // `row` was made by Rows::prepare, and must live as long as the scan. Sieves know codes of one byte only:
  // where the coder's have two, `sieved` is about their upper halves.
  void begin(Metric metric, const float* row, const Coder& coder, double row_error, std::size_t k);

  void offer(const Rows& rows, std::uint32_t slot) {
    const float score = rows.score(row, slot);
    if (score < found.floor()) return;
    if (!found.offer({score, rows.id(slot)})) return;
    bound.raise(found.floor());
    if (wide) sieve_bound.raise(found.floor());
  }

  const CodedQuery& sieved() const noexcept { return wide ? halves : coded; }
  const Bound& sieved_bound() const noexcept { return wide ? sieve_bound : bound; }

  const float* row = nullptr;
  Aligned<std::int8_t> codes;
  CodedQuery coded = {};
  Bound bound;
  TopK found;  // keyed by id

  bool wide = false;
  Aligned<std::int8_t> half_codes;
  CodedQuery halves = {};
  Bound sieve_bound;
};

// No vector shorter than this can be among the best of any of the queries, at least one.
float least_length(std::span<const ScanQuery> queries) noexcept;

// The queries of a pass as a set's sieve wants them, and what the sieve said. Memory that is lent with them.
class Sift {
 public:
  static constexpr std::size_t kGroups = 32;  // of a call, at most

  // A row that may be among a query's best. Counted from the call's first row and the pass's first query.
  struct Passed {
    std::uint16_t row;
    std::uint16_t query;
  };

  // The queries, up to kSieveQueries of 4 * quads codes, have begun, and live as long as the pass.
  void begin(const DistanceKernels& kernels, std::span<const ScanQuery> queries, std::size_t quads);

  // How many groups the next call had best take, where `before` were sieved: the first ones tell little of
  // what will do in the end.
  static std::size_t groups_after(std::size_t before) noexcept;

  // Of the rows of `count` groups, as SieveFn wants them, those that pass. `wanted`: bit r of each group's
  // says whether row r may. Valid until the next call.
  std::span<const Passed> sieve(const std::uint8_t* groups, std::size_t count, const float* lengths,
                                const std::uint16_t* wanted);

 private:
  SieveFn sieve_ = nullptr;
  std::size_t quads_ = 0;
  std::span<const ScanQuery> queries_;
  Sieves by_;
  Aligned<std::int8_t> codes_;
  Aligned<Passed> passed_;
  alignas(64) std::array<std::uint16_t, kGroups * kSieveQueries> bits_;
};

}  // namespace vitrine
