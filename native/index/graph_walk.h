// The search of a graph, for building it and for answering: best first, with a beam. In steps, so that
// several walks can take turns, each one's memory on its way while the others compute.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "index/net.h"
#include "index/plan.h"
#include "index/pool.h"
#include "index/reach.h"
#include "index/visited.h"

namespace vitrine {

// One walk's working memory.
class Walk {
 public:
  // Begins at the entries nearest to the probe, which must live as long as the walk.
  void begin(const Net& net, const Probe& probe, const Reach& reach);

  // Follows the nearest slot that was not followed: gathers its neighbours and asks for their codes.
  // False where there is none: the walk is over, and the pool holds the nearest it has met.
  bool expand(const Net& net);

  // Meets the gathered ones.
  void meet(const Net& net);

  void run(const Net& net, const Probe& probe, std::size_t beam) {
    begin(net, probe, {.most = beam});
    while (expand(net)) meet(net);
  }

  // The same with a filter, in two parts. Ranks the entries: those near the probe, and of those that are
  // admitted the nearest. Returns what it saw near it.
  template <class Admits>
  Nearby begin_filtered(const Net& net, const Probe& probe, Admits admits);

  // Fills the pool with the `beam` nearest slots for which admits(slot) is true, led by all. Once the
  // nearest of all are known, go_on(nearby) is asked. False where it says no, or after `steps_max` steps.
  template <class Admits, class GoOn>
  bool run_filtered(const Net& net, std::size_t beam, std::uint64_t steps_max, Admits admits, GoOn go_on);

  Pool& pool() noexcept { return pool_; }
  std::size_t looks() const noexcept { return visited_.size(); }
  std::uint64_t steps() const noexcept { return steps_; }  // of the last filtered walk

 private:
  // Entries a filtered walk begins from: the nearest of all, and as many of the admitted.
  static constexpr std::size_t kFilteredSeeds = 8;

  void seed(const Net& net);
  void make_room(std::size_t count);
  void gather_entries(const Net& net);
  template <class Admits>
  Nearby seen_nearby(Admits admits) const;
  void gather(const Net& net, std::uint32_t slot);
  void prefetch_next(const Net& net);
  void tighten() noexcept;
  void rank_gathered(const Net& net);      // after `gather`
  void rank_gathered_all(const Net& net);  // their dots are known

  template <Near kNear>
  void rank_gathered_by(const Net& net) noexcept;
  template <Near kNear>
  void offer_gathered_by(const Net& net) noexcept;

  const Probe* probe_ = nullptr;
  Reach reach_ = {};
  Pool pool_;
  VisitedSet visited_;
  Pool nearest_;                              // filtered: of all that were met
  std::vector<std::uint64_t> frontier_;       // filtered: a heap, the nearest on top
  std::uint64_t steps_ = 0;                   // filtered
  std::size_t gathered_ = 0;
  const std::uint32_t* slots_ = nullptr;      // gathered
  std::vector<const std::uint8_t*> rows_;     // their codes
  std::vector<std::int32_t> dots_;
  std::vector<Rank> ranks_;
  std::vector<std::uint64_t> nearer_;         // places of those that are to be offered
};

template <class Admits>
Nearby Walk::begin_filtered(const Net& net, const Probe& probe, Admits admits) {
  probe_ = &probe;
  visited_.reset(std::size_t{net.rows.slots()} + 1);
  gather_entries(net);
  rank_gathered_all(net);
  nearest_.reset(kFilteredSeeds, net.steps);
  pool_.reset(kFilteredSeeds, net.steps);
  for (std::size_t i = 0; i < gathered_; ++i) {
    if (ranks_[i] < nearest_.worst()) nearest_.offer(ranks_[i], slots_[i]);
    if (ranks_[i] < pool_.worst() && admits(slots_[i])) pool_.offer(ranks_[i], slots_[i]);
  }
  frontier_.clear();
  for (const Pool* seeds : {&nearest_, &pool_}) {
    for (std::size_t i = 0; i < seeds->size(); ++i) {
      if (visited_.add(Pool::slot_of((*seeds)[i]))) frontier_.push_back((*seeds)[i]);
    }
  }
  return seen_nearby(admits);
}

template <class Admits>
Nearby Walk::seen_nearby(Admits admits) const {
  Nearby nearby{static_cast<std::uint32_t>(nearest_.size()), 0};
  for (std::size_t i = 0; i < nearest_.size(); ++i) nearby.admitted += admits(Pool::slot_of(nearest_[i]));
  return nearby;
}

template <class Admits, class GoOn>
bool Walk::run_filtered(const Net& net, std::size_t beam, std::uint64_t steps_max, Admits admits,
                        GoOn go_on) {
  const auto farther = [](std::uint64_t a, std::uint64_t b) { return a > b; };
  nearest_.reset(kSeenEnough, net.steps);
  pool_.reset(beam, net.steps);
  for (const std::uint64_t place : frontier_) {
    nearest_.offer(Pool::rank_of(place), Pool::slot_of(place));
    if (admits(Pool::slot_of(place))) pool_.offer(Pool::rank_of(place), Pool::slot_of(place));
  }
  std::make_heap(frontier_.begin(), frontier_.end(), farther);
  bool asked = false;
  for (steps_ = 0; !frontier_.empty(); ++steps_) {
    const std::uint64_t next = frontier_.front();
    if (!asked && Pool::rank_of(next) > nearest_.worst()) {
      asked = true;
      if (!go_on(seen_nearby(admits))) return false;
    }
    if (Pool::rank_of(next) > pool_.worst()) break;
    if (steps_ == steps_max) return false;
    std::pop_heap(frontier_.begin(), frontier_.end(), farther);
    frontier_.pop_back();
    gather(net, Pool::slot_of(next));
    rank_gathered(net);
    for (std::size_t i = 0; i < gathered_; ++i) {
      if (ranks_[i] >= pool_.worst()) continue;
      if (ranks_[i] < nearest_.worst()) nearest_.offer(ranks_[i], slots_[i]);
      frontier_.push_back((std::uint64_t{ranks_[i]} << 32) | (slots_[i] << 1));
      std::push_heap(frontier_.begin(), frontier_.end(), farther);
      if (admits(slots_[i])) pool_.offer(ranks_[i], slots_[i]);
    }
  }
  return true;
}

}  // namespace vitrine
