// Past sessions and, for each item, the sessions that hold it (an inverted index). Everything is
// bounded: items of a session, sessions an item lists, sessions altogether; the oldest gives way.
//
// A session has a slot: a number that counts up and is never used again, so slots order sessions by
// when they began. Not thread-safe: `SessionIndex` guards it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "session/image.h"
#include "session/item_lists.h"
#include "session/sliding.h"

namespace vitrine {

inline constexpr std::uint64_t kNoKey = UINT64_MAX;   // of a session that was loaded in bulk
inline constexpr std::uint32_t kNoSlot = UINT32_MAX;

class SessionLog {
 public:
  struct Options {
    std::uint32_t session_items_max = 50;
    std::uint32_t sessions_per_item_max = 5000;
    std::uint32_t sessions_max = 1'000'000;
  };

  explicit SessionLog(const Options& options) : options_(options) {}

  // A new, empty session.
  std::uint32_t open(std::uint64_t key);

  // kNoSlot when the key is not there.
  std::uint32_t find(std::uint64_t key) const;

  // `slot` is one that `open` or `find` gave since the last `open`.
  void append(std::uint32_t slot, std::uint32_t item);

  // Forgets a session and all that points to it.
  void remove(std::uint32_t slot);

  // The newest items of a session, oldest first.
  std::span<const std::uint32_t> items(std::uint32_t slot) const {
    return lists_.items(places_[slot - first_slot_]);
  }

  // Asks for what `items` will look at: first its place, and once that is there the items.
  void prefetch_place(std::uint32_t slot) const { __builtin_prefetch(&places_[slot - first_slot_]); }
  void prefetch_items(std::uint32_t slot) const { lists_.prefetch(places_[slot - first_slot_]); }

  // Items that sessions ever had, by slot - first_slot(); 0 once one was removed. Until an append.
  const std::uint32_t* lengths() const { return lengths_.data(); }

  // Sessions that hold the item, by slot: all of the newest `sessions_per_item_max`, at most
  // twice as many.
  std::span<const std::uint32_t> holders(std::uint32_t item) const {
    return item < postings_.size() ? postings_[item] : std::span<const std::uint32_t>{};
  }

  // How many sessions hold the item, listed or not.
  std::uint32_t holder_count(std::uint32_t item) const {
    return item < holder_counts_.size() ? holder_counts_[item] : 0;
  }

  // The same of all items below item_end().
  const std::uint32_t* holder_counts() const { return holder_counts_.data(); }

  std::size_t count() const { return count_; }              // sessions held
  std::uint32_t first_slot() const { return first_slot_; }  // slots below it are gone
  std::uint32_t next_slot() const {
    return first_slot_ + static_cast<std::uint32_t>(lengths_.size());
  }
  std::size_t item_end() const { return postings_.size(); }  // one more than the largest item
  std::size_t bytes() const;

  void save(ImageWriter& image) const;
  // Of an empty log. False where the image is none of a log; the log is then of no use.
  bool restore(ImageReader& image, std::uint32_t item_max);

 private:
  void unlist(std::uint32_t item, std::uint32_t slot);

  Options options_;
  // Of each session, apart, so that each is had without the others: slot s is at s - first_slot_.
  Sliding<std::uint64_t> keys_;
  Sliding<std::uint32_t> lengths_;
  Sliding<ItemLists::List> places_;
  ItemLists lists_;
  std::uint32_t first_slot_ = 0;
  std::size_t count_ = 0;
  std::unordered_map<std::uint64_t, std::uint32_t> slots_;  // by key
  std::vector<std::vector<std::uint32_t>> postings_;        // by item: slots, ascending
  std::vector<std::uint32_t> holder_counts_;                // by item
};

}  // namespace vitrine
