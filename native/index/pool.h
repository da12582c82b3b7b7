// The best slots a walk has met, in order: which to follow next, and in the end what was found.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

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
  static Rank rank_of(std::uint64_t place) noexcept { return static_cast<Rank>(place >> 32); }

  void reset(std::size_t limit) {
    limit_ = limit;
    size_ = 0;
    next_ = 0;
    follow_ = ~std::size_t{0};
    cut_ = ~Rank{0};
    if (places_.size() < limit + 1) places_.resize(limit + 1);
  }

  // Room for more; what is held stays. Of all that are held the `follow` nearest are followed.
  void widen(std::size_t limit, std::size_t follow = ~std::size_t{0}) {
    limit_ = limit;
    follow_ = follow;
    if (places_.size() < limit + 1) places_.resize(limit + 1);
  }

  std::size_t size() const noexcept { return size_; }
  std::uint64_t operator[](std::size_t at) const noexcept { return places_[at]; }

  // Slots of this rank or a worse one are neither taken nor followed from now on.
  void cut(Rank rank) noexcept { cut_ = rank; }

  // A slot of this rank or a worse one is not taken.
  Rank worst() const noexcept { return size_ < limit_ ? cut_ : std::min(cut_, rank_of(places_[size_ - 1])); }

  // The slot is not held yet.
  void offer(Rank rank, std::uint32_t slot) noexcept {
    const std::uint64_t place = (std::uint64_t{rank} << 32) | (slot << 1);
    std::uint64_t* const places = places_.data();
    const std::uint64_t* base = places;
    std::size_t left = size_;
    while (left > 1) {  // no branch to guess
      const std::size_t half = left / 2;
      base = base[half - 1] < place ? base + half : base;
      left -= half;
    }
    const std::size_t at = static_cast<std::size_t>(base - places) + (left == 1 && *base < place);
    if (at >= limit_) return;
    const std::size_t moved = (size_ < limit_ ? size_ : limit_ - 1) - at;
    std::memmove(places + at + 1, places + at, moved * sizeof *places);
    places[at] = place;
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
    while (next_ < size_ && (places_[next_] & 1) != 0) ++next_;
    const bool there = next_ < std::min(size_, follow_) && rank_of(places_[next_]) < cut_;
    return there ? slot_of(places_[next_]) : kNobody;
  }

 private:
  std::vector<std::uint64_t> places_;
  std::size_t limit_ = 0;
  std::size_t size_ = 0;
  std::size_t next_ = 0;  // all before it were followed
  std::size_t follow_ = ~std::size_t{0};
  Rank cut_ = ~Rank{0};
};

}  // namespace vitrine
