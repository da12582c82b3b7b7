// The best slots a walk has met, in order: which to follow next, and in the end what was found.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "distance/steps.h"

namespace vitrine {

// What a walk orders slots by: smaller is nearer.
using Rank = std::uint32_t;

// The same order as of floats, the highest first.
inline Rank rank_of(float score) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(-score);
  return bits ^ ((bits >> 31) != 0 ? 0xffff'ffffu : 0x8000'0000u);
}

// The score a rank was made of.
inline float score_of(Rank rank) noexcept {
  return -std::bit_cast<float>(rank ^ ((rank >> 31) != 0 ? 0x8000'0000u : 0xffff'ffffu));
}

// A sorted array: with some ten to hundred places, moving a few words costs less than a heap. A place
// holds rank, slot and whether it was followed in one word, so that sorting is comparing numbers.
class Pool {
 public:
  static std::uint32_t slot_of(std::uint64_t place) noexcept {
    return static_cast<std::uint32_t>(place) >> 1;
  }
  static std::uint64_t place_of(Rank rank, std::uint32_t slot) noexcept {
    return (std::uint64_t{rank} << 32) | (slot << 1);
  }
  static Rank rank_of(std::uint64_t place) noexcept { return static_cast<Rank>(place >> 32); }

  void reset(std::size_t limit, const StepKernels& steps = scalar::kSteps) {
    limit_ = limit;
    steps_ = &steps;
    size_ = 0;
    next_ = 0;
    follow_ = ~std::size_t{0};
    cut_ = ~Rank{0};
    make_room();
  }

  // Room for more; what is held stays. Of all that are held the `follow` nearest are followed.
  void widen(std::size_t limit, std::size_t follow = ~std::size_t{0}) {
    limit_ = limit;
    follow_ = follow;
    make_room();
  }

  std::size_t size() const noexcept { return size_; }
  std::uint64_t operator[](std::size_t at) const noexcept { return places_[at]; }

  // Slots of this rank or a worse one are neither taken nor followed from now on; of those that are held the
  // nearest `keep` stay. Where fewer are held, a new one moves fewer.
  void cut(Rank rank, std::size_t keep) noexcept {
    cut_ = rank;
    while (size_ > keep && rank_of(places_[size_ - 1]) >= rank) --size_;
    next_ = std::min(next_, size_);
  }

  // A slot of this rank or a worse one is not taken.
  Rank worst() const noexcept { return size_ < limit_ ? cut_ : std::min(cut_, rank_of(places_[size_ - 1])); }

  // The slot is not held yet.
  void offer(Rank rank, std::uint32_t slot) noexcept { offer(place_of(rank, slot)); }

  void offer(std::uint64_t place) noexcept {
    if (size_ == limit_ && place > places_[size_ - 1]) return;
    const std::size_t at = steps_->insert(places_.data(), size_, place);
    if (size_ < limit_) ++size_;
    if (at < next_) next_ = at;
  }

  static constexpr std::uint32_t kNobody = 0xffff'ffff;

  // The nearest slot that was not followed, which now is; or kNobody.
  std::uint32_t follow() noexcept {
    const std::uint32_t slot = peek();
    if (slot != kNobody) places_[next_] |= 1;
    return slot;
  }

  // The one that `follow` would give if nothing came between.
  std::uint32_t peek() noexcept {
    const std::uint64_t* const places = places_.data();
    const auto four = [&] { return places[next_] & places[next_ + 1] & places[next_ + 2] & places[next_ + 3]; };
    while (next_ + 4 <= size_ && (four() & 1) != 0) next_ += 4;
    while (next_ < size_ && (places[next_] & 1) != 0) ++next_;
    const bool there = next_ < std::min(size_, follow_) && rank_of(places_[next_]) < cut_;
    return there ? slot_of(places_[next_]) : kNobody;
  }

 private:
  void make_room() {
    if (places_.size() < limit_ + kStepPad) places_.resize(limit_ + kStepPad);
  }

  std::vector<std::uint64_t> places_;
  const StepKernels* steps_ = nullptr;
  std::size_t limit_ = 0;
  std::size_t size_ = 0;
  std::size_t next_ = 0;  // all before it were followed
  std::size_t follow_ = ~std::size_t{0};
  Rank cut_ = ~Rank{0};
};

}  // namespace vitrine
