// Edges of some slots, chosen together, and the way back from those they lead to. Several threads may
// share the work; their number does not change the result.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "index/edge_changes.h"
#include "index/graph_walk.h"
#include "index/net.h"
#include "index/pruner.h"
#include "index/slot_state.h"

namespace vitrine {

// How much is done for a slot.
struct Care {
  Reach reach;    // of the walk that looks for candidates
  bool thorough;  // whoever has all edges that he may have is asked again where a quick look says no
};

class Links {
 public:
  // For slots that are live or, free as yet, about to be: these may choose each other. Only live ones are
  // chosen. Adds to `changes` what is to be applied; until then nothing is changed.
  void plan(const Net& net, const SlotStates& states, std::span<const std::uint32_t> slots,
            const Care& care, std::uint32_t threads, std::vector<EdgeChanges>& changes);

 private:
  // One that looks for edges.
  struct Seeker {
    std::uint32_t slot = 0;
    Viewpoint view;
    Probe probe;
    std::vector<Candidate> chosen;
    std::vector<Candidate> nearest;    // of all candidates: for what room is left in the end
    std::vector<std::uint32_t> edges;  // chosen, and those that offered themselves
  };

  // `from` would have an edge back.
  struct Offer {
    std::uint32_t to;
    std::uint32_t from;  // a seeker's number
    float far;
  };

  // One thread's.
  struct Worker {
    std::array<Walk, 6> walks;  // take turns: while one's codes come from memory, the others compute
    Pruner pruner;
    VisitedSet seen;
    Viewpoint view;
    std::vector<Candidate> candidates;
    std::vector<std::uint32_t> others, kept;
    std::vector<bool> lost;
  };

  void plan_rule(const EdgeRule& rule, std::vector<EdgeChanges>& changes);
  void choose_some(Worker& worker, const EdgeRule& rule, std::size_t first, std::size_t end);
  void choose(Worker& worker, const EdgeRule& rule, Seeker& seeker, const Pool& met);
  void gather_offers(std::size_t most);  // of each seeker
  void fill(Seeker& seeker, std::size_t places) const;
  void weave(Worker& worker, const EdgeRule& rule, std::span<const Offer> offers, EdgeChanges& changes);
  Seeker* seeker_of(std::uint32_t slot) noexcept;
  bool may_stay(std::uint32_t slot) noexcept;

  // Of the plan that is being made.
  const Net* net_ = nullptr;
  const SlotStates* states_ = nullptr;
  Care care_ = {};
  std::uint32_t threads_ = 1;
  std::span<const std::uint32_t> slots_;  // the seekers

  std::vector<Seeker> seekers_;
  std::vector<Offer> offers_;
  std::vector<std::size_t> targets_;  // where the offers to one begin, and the end of all
  std::vector<Worker> workers_;
};

}  // namespace vitrine
