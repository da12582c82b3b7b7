// The search of a graph, for building it and for answering: best first, with a beam. In steps, so that
// several walks can take turns, each one's memory on its way while the others compute.
#pragma once

#include <cstdint>
#include <vector>

#include "index/net.h"
#include "index/pool.h"
#include "index/visited.h"

namespace vitrine {

// One walk's working memory.
class Walk {
 public:
  // Begins at the entries nearest to the probe, which must live as long as the walk.
  void begin(const Net& net, const Probe& probe, std::size_t beam);

  // Follows the nearest slot that was not followed: gathers its neighbours and asks for their codes.
  // False where there is none: the walk is over, and the pool holds the `beam` nearest it has met.
  bool expand(const Net& net);

  // Meets the gathered ones.
  void meet(const Net& net);

  void run(const Net& net, const Probe& probe, std::size_t beam) {
    begin(net, probe, beam);
    while (expand(net)) meet(net);
  }

  // The same with a filter: the pool gets the `beam` nearest slots for which admits(slot) is true, led by
  // all. False where it has looked at more than `looks_max` vectors and given up.
  template <class Admits>
  bool run_filtered(const Net& net, const Probe& probe, std::size_t beam, std::uint64_t looks_max,
                    Admits admits);

  Pool& pool() noexcept { return pool_; }
  std::size_t looks() const noexcept { return visited_.size(); }

 private:
  void seed(const Net& net);
  void gather(const Net& net, std::uint32_t slot);
  void rank_gathered(const Net& net);

  template <Near kNear>
  void rank_gathered_by(const Net& net) noexcept;
  template <Near kNear>
  void offer_gathered_by(const Net& net) noexcept;

  const Probe* probe_ = nullptr;
  Pool pool_;
  VisitedSet visited_;
  std::vector<std::uint64_t> frontier_;       // filtered: a heap, the nearest on top
  std::size_t gathered_ = 0;
  std::vector<std::uint32_t> slots_;          // gathered
  std::vector<const std::uint8_t*> rows_;     // their codes
  std::vector<std::int32_t> dots_;
  std::vector<Rank> ranks_;
};

template <class Admits>
bool Walk::run_filtered(const Net& net, const Probe& probe, std::size_t beam, std::uint64_t looks_max,
                        Admits admits) {
  begin(net, probe, beam);
  const auto farther = [](std::uint64_t a, std::uint64_t b) { return a > b; };
  frontier_.clear();
  for (std::size_t i = 0; i < pool_.size(); ++i) frontier_.push_back(pool_[i]);
  pool_.reset(beam);
  for (const std::uint64_t place : frontier_) {
    if (admits(Pool::slot_of(place))) pool_.offer(Pool::rank_of(place), Pool::slot_of(place));
  }
  std::make_heap(frontier_.begin(), frontier_.end(), farther);
  while (!frontier_.empty()) {
    const std::uint64_t nearest = frontier_.front();
    if (Pool::rank_of(nearest) > pool_.worst()) break;
    std::pop_heap(frontier_.begin(), frontier_.end(), farther);
    frontier_.pop_back();
    gather(net, Pool::slot_of(nearest));
    if (visited_.size() > looks_max) return false;
    rank_gathered(net);
    for (std::size_t i = 0; i < gathered_; ++i) {
      if (ranks_[i] >= pool_.worst()) continue;
      frontier_.push_back((std::uint64_t{ranks_[i]} << 32) | (slots_[i] << 1));
      std::push_heap(frontier_.begin(), frontier_.end(), farther);
      if (admits(slots_[i])) pool_.offer(ranks_[i], slots_[i]);
    }
  }
  return true;
}

}  // namespace vitrine
