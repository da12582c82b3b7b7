#include "session/session_log.h"

#include <algorithm>

namespace vitrine {
namespace {

bool holds(std::span<const std::uint32_t> items, std::uint32_t item) {
  return std::find(items.begin(), items.end(), item) != items.end();
}

}  // namespace

std::uint32_t SessionLog::open(std::uint64_t key) {
  while (count_ >= options_.sessions_max) remove(first_slot_);
  const std::uint32_t slot = next_slot();
  keys_.push_back(key);
  lengths_.push_back(0);
  places_.push_back({});
  if (key != kNoKey) slots_[key] = slot;
  count_ += 1;
  return slot;
}

std::uint32_t SessionLog::find(std::uint64_t key) const {
  const auto found = slots_.find(key);
  return found == slots_.end() ? kNoSlot : found->second;
}

void SessionLog::append(std::uint32_t slot, std::uint32_t item) {
  ItemLists::List& list = places_[slot - first_slot_];
  if (item >= postings_.size()) {
    postings_.resize(item + std::size_t{1});
    holder_counts_.resize(item + std::size_t{1}, 0);
  }
  if (!holds(lists_.items(list), item)) {
    std::vector<std::uint32_t>& posting = postings_[item];
    // The list may grow to twice its bound before it is cut: one cut then pays for many additions.
    const std::size_t keep = options_.sessions_per_item_max;
    if (posting.size() >= 2 * keep) {
      const auto newest = posting.end() - static_cast<std::ptrdiff_t>(keep);
      posting.erase(posting.begin(), newest);
    }
    // Open sessions take turns, so the place is at the end or a few before it.
    auto place = posting.end();
    while (place != posting.begin() && *(place - 1) > slot) --place;
    posting.insert(place, slot);
    holder_counts_[item] += 1;
  }
  lists_.push_back(list, item);
  lengths_[slot - first_slot_] += 1;
  if (list.count > options_.session_items_max) {
    const std::uint32_t oldest = lists_.items(list).front();
    lists_.pop_front(list);
    if (!holds(lists_.items(list), oldest)) unlist(oldest, slot);
  }
}

void SessionLog::remove(std::uint32_t slot) {
  ItemLists::List& list = places_[slot - first_slot_];
  const std::span<const std::uint32_t> items = lists_.items(list);
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!holds(items.first(i), items[i])) unlist(items[i], slot);
  }
  const std::uint64_t key = keys_[slot - first_slot_];
  if (key != kNoKey) slots_.erase(key);
  keys_[slot - first_slot_] = kNoKey;
  lists_.clear(list);
  lengths_[slot - first_slot_] = 0;
  count_ -= 1;
  // A removed session in the middle keeps its (empty) place until those before it are gone.
  while (!lengths_.empty() && lengths_[0] == 0) {
    keys_.pop_front();
    lengths_.pop_front();
    places_.pop_front();
    first_slot_ += 1;
  }
}

void SessionLog::unlist(std::uint32_t item, std::uint32_t slot) {
  std::vector<std::uint32_t>& posting = postings_[item];
  holder_counts_[item] -= 1;
  const auto found = std::lower_bound(posting.begin(), posting.end(), slot);
  // It may have been cut from the list before.
  if (found != posting.end() && *found == slot) posting.erase(found);
}

std::size_t SessionLog::bytes() const {
  // A hash node holds the pair, a link and its allocation's header.
  std::size_t sum = slots_.size() * (sizeof(std::pair<std::uint64_t, std::uint32_t>) + 16) +
                    slots_.bucket_count() * sizeof(void*);
  sum += keys_.bytes() + lengths_.bytes() + places_.bytes() + lists_.bytes();
  sum += holder_counts_.capacity() * sizeof(std::uint32_t) + postings_.capacity() * sizeof(postings_[0]);
  for (const std::vector<std::uint32_t>& posting : postings_) {
    sum += posting.capacity() * sizeof(std::uint32_t);
  }
  return sum;
}

void SessionLog::save(ImageWriter& image) const {
  std::vector<std::uint64_t> keys;
  std::vector<std::uint32_t> lengths, counts, items;
  for (std::size_t s = 0; s < lengths_.size(); ++s) {
    const std::span<const std::uint32_t> own = lists_.items(places_[s]);
    keys.push_back(keys_[s]);
    lengths.push_back(lengths_[s]);
    counts.push_back(static_cast<std::uint32_t>(own.size()));
    items.insert(items.end(), own.begin(), own.end());
  }
  image.put_one(first_slot_);
  image.put(keys);
  image.put(lengths);
  image.put(counts);
  image.put(items);
  counts.clear();
  lengths.clear();
  items.clear();
  for (const std::vector<std::uint32_t>& posting : postings_) {
    counts.push_back(static_cast<std::uint32_t>(posting.size()));
    items.insert(items.end(), posting.begin(), posting.end());
  }
  image.put(holder_counts_);
  image.put(counts);
  image.put(items);
}

bool SessionLog::restore(ImageReader& image, std::uint32_t item_max) {
  std::vector<std::uint64_t> keys;
  std::vector<std::uint32_t> lengths, counts, items;
  if (!image.get_one(first_slot_) || !image.get(keys) || !image.get(lengths) || !image.get(counts) ||
      !image.get(items) || lengths.size() != keys.size() || counts.size() != keys.size()) {
    return false;
  }
  slots_.reserve(keys.size());
  std::size_t at = 0;
  for (std::size_t s = 0; s < keys.size(); ++s) {
    if (counts[s] > items.size() - at) return false;
    if (counts[s] >= ItemLists::kCountMax) return false;
    keys_.push_back(keys[s]);
    lengths_.push_back(lengths[s]);
    places_.push_back({});
    for (const std::size_t end = at + counts[s]; at < end; ++at) {
      lists_.push_back(places_[s], items[at]);
    }
    if (lengths[s] == 0) continue;  // removed
    if (keys[s] != kNoKey) slots_[keys[s]] = first_slot_ + static_cast<std::uint32_t>(s);
    count_ += 1;
  }
  std::vector<std::uint32_t> slots;
  if (at != items.size() || !image.get(lengths) || !image.get(counts) || !image.get(slots) ||
      lengths.size() != counts.size() || lengths.size() > std::size_t{item_max} + 1) {
    return false;
  }
  for (const std::uint32_t item : items) {
    if (item >= lengths.size()) return false;
  }
  for (const std::uint32_t slot : slots) {
    if (slot < first_slot_ || slot >= next_slot()) return false;
  }
  postings_.resize(lengths.size());
  holder_counts_ = lengths;
  at = 0;
  for (std::size_t item = 0; item < postings_.size(); ++item) {
    if (counts[item] > slots.size() - at) return false;
    const auto first = slots.begin() + static_cast<std::ptrdiff_t>(at);
    postings_[item].assign(first, first + counts[item]);
    at += counts[item];
  }
  return at == slots.size();
}

}  // namespace vitrine
