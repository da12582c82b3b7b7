// New edges of some slots, prepared while searches follow the old ones.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "index/net.h"

namespace vitrine {

// One thread's, until they are applied.
class EdgeChanges {
 public:
  void clear() noexcept {
    changes_.clear();
    edges_.clear();
  }
  bool empty() const noexcept { return changes_.empty(); }

  void add(std::uint32_t slot, const EdgeRule& rule, std::span<const std::uint32_t> edges) {
    changes_.push_back({slot, rule.first, rule.count, static_cast<std::uint32_t>(edges.size())});
    edges_.insert(edges_.end(), edges.begin(), edges.end());
  }

  // With the gate held.
  void apply(SlotArray<std::uint32_t>& edges) const {
    const std::uint32_t* from = edges_.data();
    for (const Change& change : changes_) {
      std::uint32_t* const into = edges.at(change.slot) + change.first;
      std::copy_n(from, change.edges, into);
      std::fill(into + change.edges, into + change.places, kNone);
      from += change.edges;
    }
  }

 private:
  struct Change {
    std::uint32_t slot;
    std::uint32_t first, places;  // of the rule
    std::uint32_t edges;
  };

  std::vector<Change> changes_;
  std::vector<std::uint32_t> edges_;  // of one change after the other
};

}  // namespace vitrine
