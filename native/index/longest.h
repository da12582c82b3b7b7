// How long vectors are, by stretches of slots: by inner product a short one need not be looked at.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace vitrine {

// Upper bounds: what a removed vector leaves behind stays. `note` with the gate held alone.
class Longest {
 public:
  static constexpr std::uint32_t kSlots = 128;  // of a stretch

  void note(std::uint32_t slot, float length) {
    const std::size_t stretch = slot / kSlots;
    if (stretch >= lengths_.size()) lengths_.resize(stretch + 1, 0.0f);
    lengths_[stretch] = std::max(lengths_[stretch], length);
    most_ = std::max(most_, length);
  }

  // Of slots first..end-1, at least one.
  float among(std::uint32_t first, std::uint32_t end) const noexcept {
    const auto* lengths = lengths_.data();
    return *std::max_element(lengths + first / kSlots, lengths + (end - 1) / kSlots + 1);
  }

  float most() const noexcept { return most_; }

  // Slots of stretches that may hold one so long, of those from slot `first` on.
  std::uint64_t slots_as_long_as(float length, std::uint32_t first) const noexcept {
    std::uint64_t stretches = 0;
    for (std::size_t i = first / kSlots; i < lengths_.size(); ++i) stretches += lengths_[i] >= length;
    return stretches * kSlots;
  }

 private:
  std::vector<float> lengths_;
  float most_ = 0;
};

}  // namespace vitrine
