// What a walk follows: slots, their codes, the edges between them, and where to begin.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "core/aligned.h"
#include "core/slot_array.h"
#include "distance/distance.h"
#include "distance/steps.h"
#include "index/codes.h"
#include "index/pool.h"
#include "index/reach.h"
#include "index/rows.h"

namespace vitrine {

// What makes a vector near to another, for one group of edges and for a search.
enum class Near : std::uint8_t { angle, product, distance };

// A group of edges: places `first .. first + count` of a slot's edges, filled from the front.
struct EdgeRule {
  Near near;
  std::uint32_t first;
  std::uint32_t count;
};

// A sample of the slots, their codes in one piece: every walk looks at all of them.
class Entries {
 public:
  Entries() = default;
  Entries(std::size_t width, std::size_t limit) : width_(width), limit_(limit) {
    slots_.reserve(limit);
    codes_.sized(width * limit);
    for (std::size_t i = 0; i < limit; ++i) rows_.push_back(codes_.data() + i * width);
  }

  std::span<const std::uint32_t> slots() const noexcept { return slots_; }
  const std::uint8_t* const* rows() const noexcept { return rows_.data(); }
  std::size_t limit() const noexcept { return limit_; }
  bool full() const noexcept { return slots_.size() == limit_; }
  std::size_t bytes() const noexcept { return limit_ * (width_ + sizeof(std::uint32_t) + sizeof(void*)); }

  void add(std::uint32_t slot, const std::uint8_t* codes) noexcept {
    std::memcpy(codes_.data() + slots_.size() * width_, codes, width_);
    slots_.push_back(slot);
  }

 private:
  std::size_t width_ = 0, limit_ = 0;
  std::vector<std::uint32_t> slots_;
  Aligned<std::uint8_t> codes_;
  std::vector<const std::uint8_t*> rows_;
};

// Where walks go, as long as the gate is held or nobody writes.
struct Net {
  const Rows& rows;
  const Codes& codes;
  const SlotArray<std::uint32_t>& edges;
  const Entries& entries;
  std::span<const EdgeRule> rules;
  DotsFn dots;
  const StepKernels& steps;

  std::span<const std::uint32_t> edges_of(std::uint32_t slot, const EdgeRule& rule) const noexcept {
    return {edges.at(slot) + rule.first, rule.count};
  }
};

// What a walk goes towards: codes as a query has them.
struct Probe {
  const std::int8_t* codes = nullptr;
  std::int32_t bias = 0;
  float unit = 1;  // distance: 2 * length * scale
  Near near = Near::angle;
  double ratio = 0;  // of squared distances that are in reach; 0: all are
  double shift = 0;  // what `cut` takes off, in the units of dots or, by distance, of scores

  // Of a row by its dot with the codes. Ranks of one probe compare with each other only.
  template <Near kNear>
  Rank rank(std::int32_t dot, float length) const noexcept {
    if constexpr (kNear == Near::angle) return 0x8000'0000u - static_cast<std::uint32_t>(dot);
    const float product = static_cast<float>(dot - bias) * length;
    if constexpr (kNear == Near::product) return rank_of(product);
    return rank_of(unit * product - length * length);
  }

  // Of a query that is not compared by product.
  void limit(const Reach& reach, const CodedQuery& query) noexcept;

  // Ranks from here on are out of reach, where `kth` is the rank of the k-th nearest.
  Rank cut(Rank kth) const noexcept;
};

}  // namespace vitrine
