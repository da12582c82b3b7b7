// Edges of many vectors at once: better ones than one by one would give, on all cores, the same whatever
// their number.
//
// 1. Trees cut the vectors into leaves of near ones, and in each leaf everybody meets everybody: a rough
//    list of neighbours for each.
// 2. Each vector is searched for in the graph there is, and chooses edges from all that it meets.
// 3. Whom others chose is offered the way back, and chooses again. Then 2 and 3 once more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "index/graph_walk.h"
#include "index/net.h"
#include "index/pruner.h"

namespace vitrine {

// Is told how much is done, 0..1, now and then, on the thread that builds.
using Progress = std::function<void(double)>;

struct BulkOptions {
  std::uint32_t beam;     // width of the searches
  std::uint32_t threads;  // at least 1
};

// An order of `codes` (`count` rows of coder.bytes()) in which near ones lie together: slots given in
// this order need less of the caches.
std::vector<std::uint32_t> order_by_nearness(const Coder& coder, const std::uint8_t* codes,
                                             std::size_t count, DotsFn dots, std::uint32_t threads);

class Bulk {
 public:
  // `net` has rows and codes of all slots, edges with room for them, and entries.
  Bulk(const Net& net, SlotArray<std::uint32_t>& edges, const BulkOptions& options,
       const Progress& progress);

  void run();

 private:
  // One thread's.
  struct Worker {
    Walk walk;
    Pruner pruner;
    Viewpoint view;
    VisitedSet seen;
    std::vector<std::uint32_t> others;
    std::vector<Candidate> candidates, kept;
  };

  void meet_all(Worker& worker, std::span<const std::uint32_t> leaf);
  void take_neighbours();
  void choose_for(Worker& worker, const EdgeRule& rule, std::uint32_t beam, std::uint32_t slot);
  void offer_back(const EdgeRule& rule);
  void merge_for(Worker& worker, const EdgeRule& rule, std::uint32_t slot,
                 std::span<const std::uint32_t> back);
  void put_edges(SlotArray<std::uint32_t>& edges, std::uint32_t slot, const EdgeRule& rule,
                 std::span<const Candidate> chosen);

  template <class Work>
  void for_all(double share, Work work);

  const Net net_;
  SlotArray<std::uint32_t>& edges_;
  const BulkOptions options_;
  const Progress& progress_;
  const std::uint32_t count_;
  const Near tree_near_;
  double done_ = 0;
  std::vector<Worker> workers_;
  std::vector<Candidate> neighbours_;      // kNeighbours a slot, the nearest first
  SlotArray<std::uint32_t> chosen_;        // what `choose` found, as edges_
};

}  // namespace vitrine
