// Many short lists of items side by side: a list grows into a place of the next power of two, and the
// place it leaves is another's. Chunks of memory never move.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace vitrine {

class ItemLists {
 public:
  // Where a list is, and how long. An empty one takes no place.
  struct List {
    std::uint32_t chunk = 0;
    std::uint16_t at = 0;
    std::uint16_t count = 0;
  };
  static constexpr std::uint32_t kCountMax = 16'384;  // of one list

  std::span<const std::uint32_t> items(const List& list) const noexcept {
    if (list.count == 0) return {};
    return {chunks_[list.chunk].get() + list.at, list.count};
  }

  // Asks for a list ahead of its turn.
  void prefetch(const List& list) const noexcept {
    if (list.count > 0) __builtin_prefetch(chunks_[list.chunk].get() + list.at);
  }

  // list.count < kCountMax
  void push_back(List& list, std::uint32_t item) {
    const std::uint32_t place = place_of(list.count);
    if (list.count == place) {
      List larger = take(place_of(list.count + 1u));
      const std::span<const std::uint32_t> old = items(list);
      for (std::size_t i = 0; i < old.size(); ++i) at(larger)[i] = old[i];
      larger.count = list.count;
      give_back(list);
      list = larger;
    }
    at(list)[list.count++] = item;
  }

  void pop_front(List& list) {
    std::uint32_t* items = at(list);
    for (std::uint32_t i = 1; i < list.count; ++i) items[i - 1] = items[i];
    if (place_of(list.count - 1u) == place_of(list.count)) {
      list.count -= 1;
      return;
    }
    List smaller = take(place_of(list.count - 1u));  // a list's length says how large its place is
    for (std::uint32_t i = 0; i + 1 < list.count; ++i) at(smaller)[i] = items[i];
    smaller.count = static_cast<std::uint16_t>(list.count - 1);
    give_back(list);
    list = smaller;
  }

  void clear(List& list) {
    give_back(list);
    list = {};
  }

  std::size_t bytes() const noexcept { return chunks_.size() * kChunk * sizeof(std::uint32_t); }

 private:
  static constexpr std::uint32_t kChunk = 65'536;  // items
  static constexpr std::uint32_t kLeast = 2;       // places of the shortest list

  // Items that the place of a list of so many holds.
  static std::uint32_t place_of(std::uint32_t count) {
    if (count == 0) return 0;
    return count <= kLeast ? kLeast : std::bit_ceil(count);
  }

  std::uint32_t* at(const List& list) { return chunks_[list.chunk].get() + list.at; }

  List take(std::uint32_t place) {
    if (place == 0) return {};
    std::vector<List>& free = free_[static_cast<std::size_t>(std::countr_zero(place))];
    if (!free.empty()) {
      const List list = free.back();
      free.pop_back();
      return list;
    }
    if (chunks_.empty() || used_ + place > kChunk) {
      // What is left of the last chunk becomes places of smaller lists.
      while (!chunks_.empty() && used_ + kLeast <= kChunk) {
        const std::uint32_t rest = std::bit_floor(kChunk - used_);
        free_[static_cast<std::size_t>(std::countr_zero(rest))].push_back(here(used_));
        used_ += rest;
      }
      chunks_.push_back(std::make_unique_for_overwrite<std::uint32_t[]>(kChunk));
      used_ = 0;
    }
    const List list = here(used_);
    used_ += place;
    return list;
  }

  List here(std::uint32_t at) const {
    return {static_cast<std::uint32_t>(chunks_.size() - 1), static_cast<std::uint16_t>(at), 0};
  }

  void give_back(const List& list) {
    if (list.count == 0) return;
    List place = list;
    place.count = 0;
    free_[static_cast<std::size_t>(std::countr_zero(place_of(list.count)))].push_back(place);
  }

  std::vector<std::unique_ptr<std::uint32_t[]>> chunks_;
  std::uint32_t used_ = 0;             // of the last chunk
  std::vector<List> free_[17];         // by power of two
};

}  // namespace vitrine
