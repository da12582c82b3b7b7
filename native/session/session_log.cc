#include "session/session_log.h"

#include <algorithm>

namespace vitrine {
namespace {

bool holds(const std::vector<std::uint32_t>& items, std::uint32_t item) {
  return std::find(items.begin(), items.end(), item) != items.end();
}

}  // namespace

std::uint32_t SessionLog::open(std::uint64_t key) {
  while (count_ >= options_.sessions_max) remove(first_slot_);
  const std::uint32_t slot = next_slot();
  sessions_.push_back({.key = key, .length = 0, .items = {}});
  lengths_.push_back(0);
  if (key != kNoKey) slots_[key] = slot;
  count_ += 1;
  return slot;
}

std::uint32_t SessionLog::find(std::uint64_t key) const {
  const auto found = slots_.find(key);
  return found == slots_.end() ? kNoSlot : found->second;
}

void SessionLog::append(std::uint32_t slot, std::uint32_t item) {
  Session& session = sessions_[slot - first_slot_];
  if (item >= postings_.size()) postings_.resize(item + std::size_t{1});
  if (!holds(session.items, item)) {
    Posting& posting = postings_[item];
    // The list may grow to twice its bound before it is cut: one cut then pays for many additions.
    const std::size_t keep = options_.sessions_per_item_max;
    if (posting.slots.size() >= 2 * keep) {
      const auto newest = posting.slots.end() - static_cast<std::ptrdiff_t>(keep);
      posting.slots.erase(posting.slots.begin(), newest);
    }
    // Open sessions take turns, so the place is at the end or a few before it.
    auto place = posting.slots.end();
    while (place != posting.slots.begin() && *(place - 1) > slot) --place;
    posting.slots.insert(place, slot);
    posting.sessions += 1;
  }
  session.items.push_back(item);
  session.length += 1;
  lengths_[slot - first_slot_] = session.length;
  if (session.items.size() > options_.session_items_max) {
    const std::uint32_t oldest = session.items.front();
    session.items.erase(session.items.begin());
    if (!holds(session.items, oldest)) unlist(oldest, slot);
  }
}

void SessionLog::remove(std::uint32_t slot) {
  Session& session = sessions_[slot - first_slot_];
  for (std::size_t i = 0; i < session.items.size(); ++i) {
    const std::span<const std::uint32_t> before(session.items.data(), i);
    const bool repeated = std::find(before.begin(), before.end(), session.items[i]) != before.end();
    if (!repeated) unlist(session.items[i], slot);
  }
  if (session.key != kNoKey) slots_.erase(session.key);
  session = {};
  lengths_[slot - first_slot_] = 0;
  count_ -= 1;
  // A removed session in the middle keeps its (empty) place until those before it are gone.
  while (!sessions_.empty() && sessions_.front().length == 0) {
    sessions_.pop_front();
    lengths_.pop_front();
    first_slot_ += 1;
  }
}

void SessionLog::unlist(std::uint32_t item, std::uint32_t slot) {
  Posting& posting = postings_[item];
  posting.sessions -= 1;
  const auto found = std::lower_bound(posting.slots.begin(), posting.slots.end(), slot);
  // It may have been cut from the list before.
  if (found != posting.slots.end() && *found == slot) posting.slots.erase(found);
}

std::size_t SessionLog::bytes() const {
  // A hash node holds the pair, a link and its allocation's header.
  std::size_t sum = slots_.size() * (sizeof(std::pair<std::uint64_t, std::uint32_t>) + 16) +
                    slots_.bucket_count() * sizeof(void*);
  for (const Session& session : sessions_) {
    sum += sizeof(Session) + session.items.capacity() * sizeof(std::uint32_t);
  }
  for (const Posting& posting : postings_) {
    sum += sizeof(Posting) + posting.slots.capacity() * sizeof(std::uint32_t);
  }
  return sum;
}

void SessionLog::save(ImageWriter& image) const {
  std::vector<std::uint64_t> keys;
  std::vector<std::uint32_t> lengths, counts, items;
  for (const Session& session : sessions_) {
    keys.push_back(session.key);
    lengths.push_back(session.length);
    counts.push_back(static_cast<std::uint32_t>(session.items.size()));
    items.insert(items.end(), session.items.begin(), session.items.end());
  }
  image.put_one(first_slot_);
  image.put(keys);
  image.put(lengths);
  image.put(counts);
  image.put(items);
  counts.clear();
  lengths.clear();
  items.clear();
  for (const Posting& posting : postings_) {
    lengths.push_back(posting.sessions);
    counts.push_back(static_cast<std::uint32_t>(posting.slots.size()));
    items.insert(items.end(), posting.slots.begin(), posting.slots.end());
  }
  image.put(lengths);
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
    const auto first = items.begin() + static_cast<std::ptrdiff_t>(at);
    sessions_.push_back({.key = keys[s], .length = lengths[s], .items = {first, first + counts[s]}});
    lengths_.push_back(lengths[s]);
    at += counts[s];
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
  at = 0;
  for (std::size_t item = 0; item < postings_.size(); ++item) {
    if (counts[item] > slots.size() - at) return false;
    const auto first = slots.begin() + static_cast<std::ptrdiff_t>(at);
    postings_[item].slots.assign(first, first + counts[item]);
    postings_[item].sessions = lengths[item];
    at += counts[item];
  }
  return at == slots.size();
}

}  // namespace vitrine
