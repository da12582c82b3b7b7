#include "index/slot_filters.h"

#include <algorithm>
#include <cstring>

namespace vitrine {
namespace {

bool same(std::span<const std::uint32_t> a, std::span<const std::uint32_t> b) noexcept {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size_bytes()) == 0);
}

void make_slots(const Rows& rows, std::span<const std::uint32_t> words, std::vector<std::uint64_t>& slots) {
  const Allow allow{words};
  const std::uint32_t count = rows.slots();
  slots.assign(rows.capacity() / 64 + 1, 0);
  for (std::uint32_t slot = 0; slot < count; ++slot) {
    const std::uint32_t id = rows.id(slot);
    slots[slot / 64] |= std::uint64_t{id != kNone && allow.has(id)} << (slot % 64);
  }
}

}  // namespace

SlotFilters::Pin SlotFilters::find(const Rows& rows, const Allow& allow, std::uint64_t queries) {
  Entry* entry;
  {
    const std::scoped_lock lock(mutex_);
    entry = held(allow.words);
    if (entry == nullptr) {
      entry = oldest();
      if (entry == nullptr) return {};
      entry->words.assign(allow.words.begin(), allow.words.end());
      entry->made = false;
      entry->queries = 0;
    }
    entry->used = ++now_;
    entry->queries += queries;
    // One that was forgotten is made again once nobody looks at it any more.
    const bool make = !entry->made && entry->queries >= kQueries && entry->pins == 0;
    if (!entry->made && !make) return {};
    entry->making = make;
    ++entry->pins;
    if (!make) return {*this, *entry};
  }
  make_slots(rows, entry->words, entry->slots);
  const std::scoped_lock lock(mutex_);
  entry->made = true;
  entry->making = false;
  return {*this, *entry};
}

void SlotFilters::note(std::uint32_t slot, std::uint32_t id) {
  const std::scoped_lock lock(mutex_);
  for (Entry& entry : entries_) {
    if (!entry.made) continue;
    if (slot / 64 >= entry.slots.size()) entry.slots.resize(2 * (slot / 64 + 1), 0);
    const std::uint64_t bit = std::uint64_t{1} << (slot % 64);
    std::uint64_t& word = entry.slots[slot / 64];
    word = id != kNone && Allow{entry.words}.has(id) ? word | bit : word & ~bit;
  }
}

void SlotFilters::forget() noexcept {
  const std::scoped_lock lock(mutex_);
  for (Entry& entry : entries_) entry.made = false;
}

std::size_t SlotFilters::bytes() const {
  const std::scoped_lock lock(mutex_);
  std::size_t bytes = 0;
  for (const Entry& entry : entries_) {
    bytes += entry.words.capacity() * sizeof(std::uint32_t);
    if (!entry.making) bytes += entry.slots.capacity() * sizeof(std::uint64_t);
  }
  return bytes;
}

SlotFilters::Entry* SlotFilters::held(std::span<const std::uint32_t> words) noexcept {
  const auto at = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.used > 0 && same(entry.words, words);
  });
  return at == entries_.end() ? nullptr : &*at;
}

// Nullptr where all are in use.
SlotFilters::Entry* SlotFilters::oldest() noexcept {
  Entry* oldest = nullptr;
  for (Entry& entry : entries_) {
    if (entry.pins == 0 && (oldest == nullptr || entry.used < oldest->used)) oldest = &entry;
  }
  return oldest;
}

void SlotFilters::unpin(Entry& entry) {
  const std::scoped_lock lock(mutex_);
  --entry.pins;
}

}  // namespace vitrine
