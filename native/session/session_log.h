// Past sessions and, for each item, the sessions that hold it (an inverted index). Everything is
// bounded: items of a session, sessions an item lists, sessions altogether; the oldest gives way.
//
// A session has a slot: a number that counts up and is never used again, so slots order sessions by
// when they began. Not thread-safe: `SessionIndex` guards it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <unordered_map>
#include <vector>

#include "session/image.h"

namespace vitrine {

inline constexpr std::uint64_t kNoKey = UINT64_MAX;   // of a session that was loaded in bulk
inline constexpr std::uint32_t kNoSlot = UINT32_MAX;

struct Session {
  std::uint64_t key = kNoKey;
  std::uint32_t length = 0;          // items it ever had; 0 once it was removed
  std::vector<std::uint32_t> items;  // the newest of them, oldest first
};

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

  const Session& at(std::uint32_t slot) const { return sessions_[slot - first_slot_]; }

  // The same as at(slot).length; many are had without a look at the sessions.
  std::uint32_t length(std::uint32_t slot) const { return lengths_[slot - first_slot_]; }

  // Sessions that hold the item, by slot: all of the newest `sessions_per_item_max`, at most
  // twice as many.
  std::span<const std::uint32_t> holders(std::uint32_t item) const {
    return item < postings_.size() ? postings_[item].slots : std::span<const std::uint32_t>{};
  }

  // How many sessions hold the item, listed or not.
  std::uint32_t holder_count(std::uint32_t item) const {
    return item < postings_.size() ? postings_[item].sessions : 0;
  }

  std::size_t count() const { return count_; }              // sessions held
  std::uint32_t first_slot() const { return first_slot_; }  // slots below it are gone
  std::uint32_t next_slot() const {
    return first_slot_ + static_cast<std::uint32_t>(sessions_.size());
  }
  std::size_t item_end() const { return postings_.size(); }  // one more than the largest item
  std::size_t bytes() const;

  void save(ImageWriter& image) const;
  // Of an empty log. False where the image is none of a log; the log is then of no use.
  bool restore(ImageReader& image, std::uint32_t item_max);

 private:
  struct Posting {
    std::vector<std::uint32_t> slots;  // ascending
    std::uint32_t sessions = 0;
  };

  void unlist(std::uint32_t item, std::uint32_t slot);

  Options options_;
  std::deque<Session> sessions_;  // slot s is at s - first_slot_
  std::deque<std::uint32_t> lengths_;  // of the sessions
  std::uint32_t first_slot_ = 0;
  std::size_t count_ = 0;
  std::unordered_map<std::uint64_t, std::uint32_t> slots_;  // by key
  std::vector<Posting> postings_;                           // by item
};

}  // namespace vitrine
