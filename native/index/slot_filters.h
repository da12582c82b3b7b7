// What filters say of slots, remembered: a walk asks of every vector that it meets, and to ask by way of its
// id costs half as much as comparing it.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "index/options.h"
#include "index/rows.h"

namespace vitrine {

// The last few filters that came, each with a bit for every slot from its second use on. Filters are known
// by their bits, since a caller may change an array between two calls. Bits of slots follow what is added
// and removed, so they are right as long as they are held.
class SlotFilters {
 public:
  static constexpr std::size_t kHeld = 8;
  // Queries with one filter from which on its bits are made: that costs as much as some walks.
  static constexpr std::uint64_t kQueries = 16;

 private:
  struct Entry {
    std::vector<std::uint32_t> words;  // of the filter
    std::vector<std::uint64_t> slots;
    bool made = false;                 // `slots` are
    bool making = false;
    std::uint32_t pins = 0;
    std::uint64_t queries = 0;
    std::uint64_t used = 0;            // when
  };

 public:
  // A filter's bits, for as long as this lives. Move only.
  class Pin {
   public:
    Pin() = default;
    Pin(SlotFilters& of, Entry& entry) : of_(&of), entry_(&entry) {}
    Pin(Pin&& other) noexcept
        : of_(std::exchange(other.of_, nullptr)), entry_(std::exchange(other.entry_, nullptr)) {}
    Pin& operator=(Pin&&) = delete;
    ~Pin() {
      if (of_ != nullptr) of_->unpin(*entry_);
    }

    // Nothing where they are not known. Readers' side of the gate held, and good only as long.
    std::span<const std::uint64_t> slots() const noexcept {
      if (entry_ == nullptr || !entry_->made) return {};
      return entry_->slots;
    }

   private:
    SlotFilters* of_ = nullptr;
    Entry* entry_ = nullptr;
  };

  // Readers' side of the gate held. `queries` are about to be asked.
  Pin find(const Rows& rows, const Allow& allow, std::uint64_t queries);

  // Writer only, gate held: the slot is the id's from now on, or nobody's (kNone); all slots are others.
  void note(std::uint32_t slot, std::uint32_t id);
  void forget() noexcept;

  std::size_t bytes() const;

 private:
  Entry* held(std::span<const std::uint32_t> words) noexcept;
  Entry* oldest() noexcept;
  void unpin(Entry& entry);

  mutable std::mutex mutex_;  // but of what is made and pinned, `made` and `slots` are the gate's
  std::array<Entry, kHeld> entries_;
  std::uint64_t now_ = 0;
};

}  // namespace vitrine
