// Answers queries: by walking the graph, or by a scan where that is cheaper or surer.
#include <algorithm>
#include <shared_mutex>

#include "index/graph_walk.h"
#include "index/scan.h"

namespace vitrine {

void GraphIndex::answer(const float* queries, std::size_t count,
                        const SearchRequest& request) const {
  const Allow* allow = request.allow;
  const std::size_t allowed = allow == nullptr ? kNone : count_allowed(*allow);
  const std::size_t beam = std::max(request.k, request.beam);
  const std::size_t held = size();
  if (scan_is_cheaper(std::min(allowed, held), held, beam)) {
    scan_queries(queries, count, request);
    return;
  }
  ScratchPool::Loan loan = pool_.borrow();
  Scratch& scratch = *loan;
  for (std::size_t q = 0; q < count; ++q) {
    const float* query = queries + q * rows_.stride();
    {
      const std::shared_lock reading(gate_);
      const std::size_t matches = std::min(allowed, rows_.size());
      const bool arrived = walk(
          scratch, beam, matches, [&](std::uint32_t slot) { return rows_.score(query, slot); },
          [&](std::uint32_t slot) {
            const std::uint32_t id = rows_.id(slot);
            return id == kNone || allow == nullptr || allow->has(id) ? id : kNone;
          });
      if (!arrived || scratch.found.size() < std::min<std::size_t>(request.k, matches)) {
        scratch.found.reset(request.k);
        scan(rows_, query, allow, {&scratch.found, 1});
      }
    }
    write_results(scratch.found, request.k, request.ids + q * request.k,
                  request.scores + q * request.k);
  }
}

}  // namespace vitrine
