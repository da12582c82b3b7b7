// A short list of numbers for each row, in one piece of memory: what has to be taken back when a row
// changes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace vitrine {

// Not thread-safe. 16 bytes a row, 4 a number, and at most as much again that is waiting to be packed.
class RowLists {
 public:
  std::span<const std::uint32_t> at(std::uint32_t row) const noexcept {
    if (row >= places_.size()) return {};
    return {numbers_.data() + places_[row].first, places_[row].count};
  }

  // `list` is not one of this object's own.
  void set(std::uint32_t row, std::span<const std::uint32_t> list) {
    if (row >= places_.size()) places_.resize(row + std::size_t{1});
    Place& place = places_[row];
    if (list.size() > place.count) {
      unused_ += place.count;
      place.first = numbers_.size();
      numbers_.resize(numbers_.size() + list.size());
    } else {
      unused_ += place.count - list.size();
    }
    place.count = static_cast<std::uint32_t>(list.size());
    std::copy(list.begin(), list.end(), numbers_.begin() + static_cast<std::ptrdiff_t>(place.first));
    if (unused_ > kUnusedMin && unused_ > numbers_.size() / 2) pack();
  }

  std::size_t bytes() const noexcept {
    return places_.capacity() * sizeof(Place) + numbers_.capacity() * sizeof(std::uint32_t);
  }

 private:
  static constexpr std::size_t kUnusedMin = 4096;

  struct Place {
    std::size_t first = 0;
    std::uint32_t count = 0;
  };

  void pack() {
    std::vector<std::uint32_t> packed;
    packed.reserve(numbers_.size() - unused_);
    for (Place& place : places_) {
      const std::size_t first = packed.size();
      const auto from = numbers_.begin() + static_cast<std::ptrdiff_t>(place.first);
      packed.insert(packed.end(), from, from + place.count);
      place.first = first;
    }
    numbers_ = std::move(packed);
    unused_ = 0;
  }

  std::vector<Place> places_;
  std::vector<std::uint32_t> numbers_;
  std::size_t unused_ = 0;  // numbers that belong to no row any more
};

}  // namespace vitrine
