// Slots that one walk has met.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "distance/steps.h"

namespace vitrine {

// A bit for each slot, and a list of those set, so that clearing costs what was met and not what there
// is. The bits of a million slots fit the second cache.
class VisitedSet {
 public:
  // Empty, with room for slots 0..slots-1.
  void reset(std::size_t slots) {
    for (std::size_t i = 0; i < size_; ++i) words_[list_[i] / 64] = 0;
    size_ = 0;
    if (words_.size() * 64 < slots) words_.resize(slots / 64 + 1, 0);
  }

  // Whether the slot was not yet there.
  bool add(std::uint32_t slot) {
    std::uint64_t& word = words_[slot / 64];
    const std::uint64_t bit = std::uint64_t{1} << (slot % 64);
    if ((word & bit) != 0) return false;
    word |= bit;
    *room(1) = slot;
    ++size_;
    return true;
  }

  // Adds those of `slots` up to the first 2^32-1 that are not there. Returns how many. They differ.
  std::size_t add(const StepKernels& steps, const std::uint32_t* slots, std::size_t count) {
    const std::size_t added = steps.mark(slots, count, words_.data(), room(count));
    size_ += added;
    return added;
  }

  std::size_t size() const noexcept { return size_; }

  // The `count` that were added last, in order. Until the next `add`.
  const std::uint32_t* newest(std::size_t count) const noexcept { return list_.data() + size_ - count; }

 private:
  // For so many more at the end of the list.
  std::uint32_t* room(std::size_t count) {
    if (list_.size() < size_ + count + kStepPad) list_.resize(2 * (size_ + count) + kStepPad);
    return list_.data() + size_;
  }

  std::vector<std::uint64_t> words_;
  std::vector<std::uint32_t> list_;  // the first size_ of it
  std::size_t size_ = 0;
};

}  // namespace vitrine
