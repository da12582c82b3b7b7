// Leads the edges of a slot around vectors that are about to be forgotten.
#pragma once

#include <cstdint>
#include <vector>

#include "index/edge_changes.h"
#include "index/net.h"
#include "index/pruner.h"
#include "index/slot_state.h"
#include "index/visited.h"

namespace vitrine {

// One thread's.
class Detours {
 public:
  // Forgets what was planned.
  void clear() noexcept {
    changes_.clear();
    lonely_.clear();
  }

  // Plans edges in place of those to doomed vectors: to where those lead.
  void plan(const Net& net, const SlotStates& states, std::uint32_t slot);

  const EdgeChanges& changes() const noexcept { return changes_; }
  // Live slots that are left with hardly an edge.
  const std::vector<std::uint32_t>& lonely() const noexcept { return lonely_; }

 private:
  bool plan_rule(const Net& net, const SlotStates& states, std::uint32_t slot, const EdgeRule& rule);

  EdgeChanges changes_;
  std::vector<std::uint32_t> lonely_;
  VisitedSet seen_;
  Viewpoint view_;
  Pruner pruner_;
  std::vector<std::uint32_t> kept_, beyond_;
  std::vector<Candidate> candidates_;
};

}  // namespace vitrine
