// What one search of a graph needs to remember, and a pool of it: a search borrows, so that nothing is
// allocated once the pool is warm.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "core/top_k.h"

namespace vitrine {

// A set of slots: a bit each, and a list of those set, so that clearing costs what was visited and not
// what there is. The bits of a million slots fit the second cache.
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
    std::uint64_t& word = words_[slot / 64];
    const std::uint64_t bit = std::uint64_t{1} << (slot % 64);
    if ((word & bit) != 0) return false;
    word |= bit;
    list_.push_back(slot);
    return true;
  }

  std::size_t size() const noexcept { return list_.size(); }

 private:
  std::vector<std::uint64_t> words_;
  std::vector<std::uint32_t> list_;
};

struct Scratch {
  VisitedSet visited;
  std::vector<Hit> frontier;        // a heap: met, not yet followed; key is a slot
  std::vector<std::uint32_t> near;  // neighbours of the one that is followed
  TopK seeds;                       // key is a slot
  TopK found;
};

// Hands out Scratch; any thread may ask.
class ScratchPool {
 public:
  class Loan {
   public:
    Loan(ScratchPool& pool, std::unique_ptr<Scratch> scratch)
        : pool_(pool), scratch_(std::move(scratch)) {}
    ~Loan() { pool_.give_back(std::move(scratch_)); }
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    Scratch& operator*() noexcept { return *scratch_; }

   private:
    ScratchPool& pool_;
    std::unique_ptr<Scratch> scratch_;
  };

  Loan borrow() {
    const std::scoped_lock lock(mutex_);
    if (idle_.empty()) return {*this, std::make_unique<Scratch>()};
    std::unique_ptr<Scratch> scratch = std::move(idle_.back());
    idle_.pop_back();
    return {*this, std::move(scratch)};
  }

 private:
  void give_back(std::unique_ptr<Scratch> scratch) {
    const std::scoped_lock lock(mutex_);
    idle_.push_back(std::move(scratch));
  }

  std::mutex mutex_;
  std::vector<std::unique_ptr<Scratch>> idle_;
};

}  // namespace vitrine
