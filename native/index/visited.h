// Slots that one walk has met.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace vitrine {

// A bit for each slot, and a list of those set, so that clearing costs what was met and not what there
// is. The bits of a million slots fit the second cache.
class VisitedSet {
 public:
  // Empty, with room for slots 0..slots-1.
  void reset(std::size_t slots) {
    for (const std::uint32_t slot : list_) words_[slot / 64] = 0;
    list_.clear();
    if (words_.size() * 64 < slots) words_.resize(slots / 64 + 1, 0);
  }

  // Whether the slot was not yet there.
  bool add(std::uint32_t slot) {
    if (!mark(slot)) return false;
    list_.push_back(slot);
    return true;
  }

  // Adds those of `slots` up to the first `end` that are not there, and copies them to `fresh`, which has
  // room for all. Returns how many.
  std::size_t add(const std::uint32_t* slots, std::size_t count, std::uint32_t end,
                  std::uint32_t* fresh) {
    std::size_t added = 0;
    for (std::size_t i = 0; i < count && slots[i] != end; ++i) {
      fresh[added] = slots[i];
      added += mark(slots[i]);
    }
    list_.insert(list_.end(), fresh, fresh + added);
    return added;
  }

  std::size_t size() const noexcept { return list_.size(); }

 private:
  bool mark(std::uint32_t slot) noexcept {
    std::uint64_t& word = words_[slot / 64];
    const std::uint64_t bit = std::uint64_t{1} << (slot % 64);
    const bool fresh = (word & bit) == 0;
    word |= bit;
    return fresh;
  }

  std::vector<std::uint64_t> words_;
  std::vector<std::uint32_t> list_;
};

}  // namespace vitrine
