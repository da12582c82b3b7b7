// What lies nearest to a vector, remembered: a visitor asks several times before their next step, and an
// item is looked at by many. Lists are of all rows, whatever a filter says; who reads one passes over what
// it may not answer, and searches where too little is left.
#pragma once

#include <algorithm>
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
  std::uint64_t version = 0;       // of the index, as the caller counts
  std::vector<std::uint32_t> ids;  // best first
  std::vector<float> scores;
  bool whole = false;              // there are no others
};

// Any thread may call. Each vector has one place; who comes later takes it.
class NearCache {
 public:
  using List = std::shared_ptr<const NearList>;

  List find(std::span<const float> query, std::uint64_t version) const {
    const std::scoped_lock lock(mutex_);
    if (places_.empty()) return nullptr;
    const List& list = places_[place_of(query)];
    const bool same = list != nullptr && list->version == version && list->query.size() == query.size() &&
                      std::equal(query.begin(), query.end(), list->query.begin());
    return same ? list : nullptr;
  }

  void keep(List list) {
    const std::scoped_lock lock(mutex_);
    if (places_.empty()) places_.resize(kPlaces);
    places_[place_of(list->query)].swap(list);
  }

 private:
  static constexpr std::size_t kPlaces = 8192;  // some 3 KB each

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
};

}  // namespace vitrine
