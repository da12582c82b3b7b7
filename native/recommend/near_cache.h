// What lies nearest to a vector, remembered: a visitor asks several times before their next step, and an
// item is looked at by many. Lists are of all rows, whatever a filter says; who reads one passes over what
// it may not answer, and searches where too little is left. Beside them: which rows of the index have
// changed, in order, so that a list of before can be made one of now.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace vitrine {

struct NearList {
  std::vector<float> query;
  std::uint64_t version = 0;       // changes of the index that it knows of
  std::vector<std::uint32_t> ids;  // best first
  std::vector<float> scores;
  bool whole = false;              // there are no others
};

// Any thread may call. Each vector has one place; who comes later takes it.
class NearCache {
 public:
  using List = std::shared_ptr<const NearList>;

  // Of whatever version.
  List find(std::span<const float> query) const {
    const std::scoped_lock lock(mutex_);
    if (places_.empty()) return nullptr;
    const List& list = places_[place_of(query)];
    const bool same = list != nullptr && list->query.size() == query.size() &&
                      std::equal(query.begin(), query.end(), list->query.begin());
    return same ? list : nullptr;
  }

  void keep(List list) {
    const std::scoped_lock lock(mutex_);
    if (places_.empty()) places_.resize(kPlaces);
    places_[place_of(list->query)].swap(list);
  }

  // A row of the index was added, replaced or removed: told after it has been.
  void note_changed(std::uint32_t row) {
    const std::scoped_lock lock(mutex_);
    changed_[version_++ % kChanges] = row;
  }

  std::uint64_t version() const {
    const std::scoped_lock lock(mutex_);
    return version_;
  }

  // The rows that changed from a version on until `to`, each once. False where that is too much to tell.
  bool changed_since(std::uint64_t version, std::uint64_t to, std::vector<std::uint32_t>& rows) const {
    rows.clear();
    const std::scoped_lock lock(mutex_);
    if (version > to || version + kChanges < version_ || to - version > kPatchMost) return false;
    for (std::uint64_t at = version; at < to; ++at) rows.push_back(changed_[at % kChanges]);
    std::sort(rows.begin(), rows.end());
    rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
    return true;
  }

 private:
  static constexpr std::size_t kPlaces = 8192;  // some 3 KB each
  static constexpr std::size_t kChanges = 1024;   // that are remembered
  static constexpr std::uint64_t kPatchMost = 64;  // of more a search makes sooner an end

  static std::size_t place_of(std::span<const float> query) {
    std::uint64_t hash = 0x9e37'79b9'7f4a'7c15u;
    for (const float value : query) {
      std::uint32_t bits = 0;
      std::memcpy(&bits, &value, sizeof bits);
      hash = (hash ^ bits) * 0xff51'afd7'ed55'8ccdu;
      hash ^= hash >> 32;
    }
    return hash % kPlaces;
  }

  mutable std::mutex mutex_;
  std::vector<List> places_;
  std::array<std::uint32_t, kChanges> changed_ = {};  // change v is at v % kChanges
  std::uint64_t version_ = 0;
};

}  // namespace vitrine
