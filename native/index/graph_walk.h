// The search of a graph, for building it and for answering: best first, with a beam. In steps, so that
// several walks can take turns, each one's memory on its way while the others compute.
#pragma once

#include <algorithm>
#include <array>
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

  // Ranks the entries, and begins at the nearest of all and at the nearest that are admitted: for what follows.
  // Returns what it saw near the probe.
  template <class Admits>
  Nearby begin_filtered(const Net& net, const Probe& probe, Admits admits);

  // Whether the nearest entry that is admitted is more than `ratio` times as far, in squares, as the nearest of
  // all. Or may be: by product there are no distances.
  bool admitted_are_far(const CodedQuery& query, double ratio) const noexcept;

  // Towards the probe, past all; the k-th nearest that counts for the reach is one for which admits(slot) is
  // true. The pool holds others as well. After some steps go_on(nearby) is asked. False where it says no, or
  // after `steps_max` steps.
  template <class Admits, class GoOn>
  bool run_past_all(const Net& net, const Reach& reach, std::uint64_t steps_max, Admits admits, GoOn go_on);

  // Among those only that are admitted, led by them alone; where they are sparse, those that others lead to
  // are neighbours as well. The pool holds no others. False after `steps_max` steps.
  template <class Admits>
  bool run_among(const Net& net, const Reach& reach, std::uint64_t steps_max, Admits admits);

  Pool& pool() noexcept { return pool_; }
  std::size_t looks() const noexcept { return visited_.size(); }
  std::uint64_t steps() const noexcept { return steps_; }  // of the last walk

 private:
  // Entry points a walk begins from. More than one: the nearest may lie in a corner without a way out.
  static constexpr std::size_t kSeeds = 6;
  // Among some, islands may be left of the graph: a walk begins on as many as there are entries in reach.
  static constexpr std::size_t kSeedsAmong = 32;
  // So many of the nearest are asked whether they are admitted: of the entries, and after so many steps.
  static constexpr std::size_t kAsked = 32;
  static constexpr std::uint64_t kStepsUntilAsked = 16;
  // Neighbours beyond which a step looks, and slots that are enough for one.
  static constexpr std::size_t kPassedMost = 16;
  static constexpr std::size_t kEnough = 64;
  // Of what is out of reach: that many times as many as are asked for are held all the same.
  static constexpr std::size_t kKeptTimes = 4;

  // What a step is to meet.
  struct Step {
    std::vector<std::uint32_t> slots;  // the first `count` of it
    std::size_t count = 0;
    std::vector<std::uint32_t> passed;  // neighbours to look beyond, the first `passed_count`
    std::size_t passed_count = 0;
  };

  void seed(const Net& net);
  void make_room(std::size_t count);
  void gather_entries(const Net& net);
  template <class Admits>
  Nearby seen_nearby(const Pool& pool, Admits admits) const;
  template <class Admits>
  bool expand_among(const Net& net, Step& step, Admits admits);
  template <class Admits>
  void look_beyond(const Net& net, Step& step, Admits admits);
  std::size_t mark_neighbours(const Net& net, std::uint32_t slot);
  void prefetch_edges(const Net& net, std::uint32_t slot) const noexcept;
  void prefetch_codes(const Net& net, const Step& step, std::size_t first) const noexcept;
  void take(const Net& net, const Step& step);
  void gather(const Net& net, std::uint32_t slot);
  void prefetch_next(const Net& net);
  void tighten() noexcept { tighten(pool_); }
  void tighten(const Pool& nearest) noexcept;
  void rank_gathered(const Net& net);  // their dots are known

  template <Near kNear>
  void rank_gathered_by(const Net& net) noexcept;
  template <Near kNear>
  void offer_gathered_by(const Net& net) noexcept;

  const Probe* probe_ = nullptr;
  Reach reach_ = {};
  Pool pool_;
  VisitedSet visited_;
  Pool nearest_;                              // filtered: of all entries
  Pool seeds_;                                // filtered: of those that are admitted
  Pool admitted_;                             // filtered: the nearest of these that were met
  std::array<Step, 2> steps_of_;              // among some: this one and the next
  std::uint64_t steps_ = 0;
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
  steps_ = 0;
  gather_entries(net);
  rank_gathered(net);
  nearest_.reset(kAsked, net.steps);
  seeds_.reset(kSeedsAmong, net.steps);
  for (std::size_t i = 0; i < gathered_; ++i) {
    if (ranks_[i] < nearest_.worst()) nearest_.offer(ranks_[i], slots_[i]);
    if (ranks_[i] < seeds_.worst() && admits(slots_[i])) seeds_.offer(ranks_[i], slots_[i]);
  }
  return seen_nearby(nearest_, admits);
}

template <class Admits>
Nearby Walk::seen_nearby(const Pool& pool, Admits admits) const {
  Nearby nearby{static_cast<std::uint32_t>(std::min(pool.size(), kAsked)), 0};
  for (std::size_t i = 0; i < nearby.seen; ++i) nearby.admitted += admits(Pool::slot_of(pool[i]));
  return nearby;
}

template <class Admits, class GoOn>
bool Walk::run_past_all(const Net& net, const Reach& reach, std::uint64_t steps_max, Admits admits,
                        GoOn go_on) {
  reach_ = reach;
  steps_ = 0;
  visited_.reset(std::size_t{net.rows.slots()} + 1);
  pool_.reset(std::max(reach.most, kSeeds), net.steps);
  const std::size_t k = std::max<std::size_t>(reach.k, 1);
  admitted_.reset(k, net.steps);
  const auto take_in = [&](std::uint64_t place) {
    pool_.offer(place);
    if (Pool::rank_of(place) < admitted_.worst() && admits(Pool::slot_of(place))) admitted_.offer(place);
  };
  for (std::size_t i = 0; i < std::min(kSeeds, nearest_.size()); ++i) {
    visited_.add(Pool::slot_of(nearest_[i]));
    take_in(Pool::place_of(Pool::rank_of(nearest_[i]), Pool::slot_of(nearest_[i])));
  }
  while (expand(net)) {
    if (steps_ > steps_max) return false;
    if (steps_ == kStepsUntilAsked && !go_on(seen_nearby(pool_, admits))) return false;
    net.dots(probe_->codes, rows_.data(), gathered_, net.codes.width(), dots_.data());
    rank_gathered(net);
    const std::size_t count = net.steps.nearer(ranks_.data(), slots_, gathered_, pool_.worst(), nearer_.data());
    for (std::size_t i = 0; i < count; ++i) {
      if (Pool::rank_of(nearer_[i]) < pool_.worst()) take_in(nearer_[i]);
    }
    if (admitted_.size() == k) tighten(admitted_);
    prefetch_next(net);
  }
  return true;
}

// While one step's codes are compared, the next one's are on their way.
template <class Admits>
bool Walk::run_among(const Net& net, const Reach& reach, std::uint64_t steps_max, Admits admits) {
  reach_ = reach;
  visited_.reset(std::size_t{net.rows.slots()} + 1);
  pool_.reset(std::max(reach.most, kSeeds), net.steps);
  for (std::size_t i = 0; i < seeds_.size(); ++i) {
    visited_.add(Pool::slot_of(seeds_[i]));
    pool_.offer(Pool::rank_of(seeds_[i]), Pool::slot_of(seeds_[i]));
  }
  std::size_t now = 0;
  bool there = false;
  for (;;) {
    const std::size_t next = 1 - now;
    const bool more = expand_among(net, steps_of_[next], admits);
    if (there) {
      take(net, steps_of_[now]);
      meet(net);
      ++steps_;
    }
    if (!more && !there) return true;
    if (steps_ == steps_max) return false;
    if (more) look_beyond(net, steps_of_[next], admits);
    there = more;
    now = next;
  }
}

// A choice for each slot would be guessed wrong as often as not: all are written, and counted where they are
// what is looked for.
template <class Admits>
bool Walk::expand_among(const Net& net, Step& step, Admits admits) {
  const std::uint32_t slot = pool_.follow();
  if (slot == Pool::kNobody) return false;
  prefetch_next(net);
  const std::size_t fresh = mark_neighbours(net, slot);
  const std::uint32_t* const neighbours = visited_.newest(fresh);
  step.slots.resize(kEnough + 2 * net.edges.width());
  step.passed.resize(net.edges.width() + 1);
  step.count = 0;
  std::size_t passed = 0;
  for (std::size_t i = 0; i < fresh; ++i) {
    const bool in = admits(neighbours[i]);
    step.slots[step.count] = neighbours[i];
    step.passed[passed] = neighbours[i];
    step.count += in;
    passed += !in;
  }
  prefetch_codes(net, step, 0);
  const bool sparse = static_cast<double>(step.count) < kSparseShare * static_cast<double>(fresh);
  step.passed_count = sparse ? std::min(passed, kPassedMost) : 0;
  for (std::size_t i = 0; i < step.passed_count; ++i) prefetch_edges(net, step.passed[i]);
  return true;
}

// Where few neighbours are admitted: those of the others as well.
template <class Admits>
void Walk::look_beyond(const Net& net, Step& step, Admits admits) {
  for (std::size_t i = 0; i < step.passed_count && step.count < kEnough; ++i) {
    const std::size_t before = step.count;
    const std::size_t beyond = mark_neighbours(net, step.passed[i]);
    const std::uint32_t* const met = visited_.newest(beyond);
    for (std::size_t j = 0; j < beyond; ++j) {
      step.slots[step.count] = met[j];
      step.count += admits(met[j]);
    }
    prefetch_codes(net, step, before);
  }
}

}  // namespace vitrine
