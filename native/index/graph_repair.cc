// Forgets removed vectors. A sweep goes over all slots, a few after each change, and leads edges
// around the vectors that were dead when it began; when it is through, their slots are free.
#include <algorithm>
#include <mutex>

#include "index/graph.h"

namespace vitrine {
namespace {

// A sweep begins when one linked vector in this many is dead: later, walks pass too many of them;
// earlier, all edges are looked through for little.
constexpr std::uint32_t kDeadShare = 10;
constexpr std::uint32_t kDeadMin = 32;

// Slots looked at after each change: a sweep is done before another 6 % of the vectors have changed,
// and no change takes much longer than an insertion.
constexpr std::uint32_t kRepairsPerChange = 16;

// For each edge that is lost, so many of the nearest beyond it are looked at.
constexpr std::size_t kDetoursPerEdge = 8;

// A live vector that is left with fewer edges by the first rule looks for new ones.
constexpr std::size_t kEdgesMin = 3;

}  // namespace

void GraphIndex::take(std::uint32_t id) {
  const std::uint32_t slot = rows_.slot(id);
  set_state(slot, dead);
  ++dead_;
  {
    const std::unique_lock alone(gate_);
    rows_.retire(slot);
  }
  if (rows_.size() == 0) return clear();
  tend();
}

void GraphIndex::tend() {
  const auto linked = static_cast<std::uint32_t>(rows_.slots() - free_.size());
  if (sweep_at_ == kNone && dead_ > std::max(kDeadMin, linked / kDeadShare)) begin_sweep();
  if (sweep_at_ == kNone) return;
  const std::uint32_t end = std::min(rows_.slots(), sweep_at_ + kRepairsPerChange);
  for (; sweep_at_ < end; ++sweep_at_) repair(sweep_at_);
  if (sweep_at_ == rows_.slots()) end_sweep();
}

// In the order of slots, round and round: what changed first is old when its turn comes again.
std::size_t GraphIndex::refine(std::size_t count) {
  std::size_t refined = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::scoped_lock writing(writer_);
    if (rows_.slots() == 0) break;
    refine_at_ = refine_at_ < rows_.slots() ? refine_at_ : 0;
    const std::uint32_t slot = refine_at_++;
    if (state(slot) != live) continue;
    plan_edges(slot, kNone);
    ++refined;
    const std::unique_lock alone(gate_);
    apply_changes();
  }
  return refined;
}

void GraphIndex::begin_sweep() {
  for (std::uint32_t slot = 0; slot < rows_.slots(); ++slot) {
    if (state(slot) != dead) continue;
    set_state(slot, doomed);
    doomed_.push_back(slot);
  }
  dead_ = 0;
  sweep_at_ = 0;
}

void GraphIndex::repair(std::uint32_t slot) {
  if (state(slot) != live && state(slot) != dead) return;
  changes_.clear();
  changed_edges_.clear();
  bool lonely = false;
  for (const EdgeRule& rule : rules_) {
    if (plan_detour(slot, rule)) lonely |= rule.first == 0 && kept_.size() < kEdgesMin;
  }
  if (changes_.empty()) return;
  {
    const std::unique_lock alone(gate_);
    apply_changes();
  }
  if (!lonely || state(slot) != live) return;
  plan_edges(slot, kNone);
  const std::unique_lock alone(gate_);
  apply_changes();
}

// Replaces edges to doomed vectors by edges to where those lead. False where there are none.
bool GraphIndex::plan_detour(std::uint32_t slot, const EdgeRule& rule) {
  seen_.reset(rows_.slots());
  seen_.add(slot);
  kept_.clear();
  std::size_t lost = 0;
  for (const std::uint32_t edge : edges(slot, rule)) {
    if (edge == kNone) break;
    if (state(edge) == doomed) {
      ++lost;
    } else if (seen_.add(edge)) {
      kept_.push_back(edge);
    }
  }
  if (lost == 0) return false;
  std::vector<std::uint32_t> beyond;
  for (const std::uint32_t edge : edges(slot, rule)) {
    if (edge == kNone) break;
    if (state(edge) != doomed) continue;
    for (const std::uint32_t next : edges(edge, rule)) {
      if (next == kNone) break;
      if (state(next) == live && seen_.add(next)) beyond.push_back(next);
    }
  }
  (void)pruner_.towards(net(), rule.near, slot);
  candidates_.clear();
  pruner_.far(net(), beyond, candidates_);
  std::sort(candidates_.begin(), candidates_.end(), Nearer{});
  if (candidates_.size() > lost * kDetoursPerEdge) candidates_.resize(lost * kDetoursPerEdge);
  for (const Candidate& candidate : candidates_) {
    if (kept_.size() == rule.count) break;
    if (!pruner_.hides(net(), rule.near, kept_, candidate)) kept_.push_back(candidate.slot);
  }
  plan_change(slot, rule, kept_);
  return true;
}

// No edge leads to a doomed vector any more. Once the entries are swapped no search can be at one:
// those that began earlier have ended.
void GraphIndex::end_sweep() {
  std::vector<std::uint32_t> entries;
  for (const std::uint32_t slot : entries_.slots()) {
    if (state(slot) != doomed) entries.push_back(slot);
  }
  for (std::uint32_t slot = 0; entries.empty(); ++slot) {
    if (state(slot) == live) entries.push_back(slot);
  }
  replace_entries(entries);
  for (const std::uint32_t slot : doomed_) {
    set_state(slot, free);
    free_.push_back(slot);
  }
  doomed_.clear();
  sweep_at_ = kNone;
}

// The last vector is gone: so are all edges.
void GraphIndex::clear() {
  replace_entries({});
  free_.clear();
  for (std::uint32_t slot = rows_.slots(); slot-- > 0;) {
    set_state(slot, free);
    free_.push_back(slot);
  }
  doomed_.clear();
  dead_ = 0;
  sweep_at_ = kNone;
}

}  // namespace vitrine
