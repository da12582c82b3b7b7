// Brings a vector into the graph: finds its edges, and offers the way back to those it leads to.
#include <algorithm>
#include <bit>
#include <limits>
#include <mutex>

#include "index/graph_walk.h"

namespace vitrine {
namespace {

// A candidate is left out when a kept one is nearer to it than it is to us; in the second pass only
// when it is this much nearer (on squared distances). Longer edges shorten the walk.
constexpr float kSlack = 1.2f;

// One slot in 32 is an entry, until there are so many; then every other one is dropped. Scanning a
// thousand takes a tenth of a walk.
constexpr std::uint32_t kEntryLevelMin = 5;
constexpr std::size_t kEntriesMax = 1024;

std::vector<EdgeRule> rules_of(const IndexOptions& options) {
  const std::uint32_t degree = options.degree;
  switch (options.metric) {
    case Metric::cosine: return {{Near::angle, 0, degree}};
    case Metric::l2: return {{Near::distance, 0, degree}};
    // Edges by angle keep short vectors in reach; edges by product lead on to the long ones, which
    // are most queries' answers. Either alone falls short where lengths differ much.
    default: return {{Near::angle, 0, degree / 2}, {Near::product, degree / 2, degree - degree / 2}};
  }
}

// By number alone, so that the sample needs no memory of how it was drawn.
bool is_entry(std::uint32_t slot, std::uint32_t level) noexcept {
  return static_cast<std::uint32_t>(std::countr_zero(mixed(slot))) >= level;
}

}  // namespace

GraphIndex::GraphIndex(const IndexOptions& options)
    : Index(options),
      rules_(rules_of(options)),
      edges_(options.degree),
      states_(1),
      entry_level_(kEntryLevelMin) {
  entries_.reserve(kEntriesMax + 1);
}

Status GraphIndex::put(std::uint32_t id, const float* vector) {
  if (Status status = make_room(); !status.ok()) return status;
  const std::uint32_t slot = free_.empty() ? rows_.slots() : free_.back();
  if (Status status = rows_.write(slot, vector); !status.ok()) return status;
  const std::uint32_t old = rows_.slot(id);
  plan_edges(slot, old);
  if (!free_.empty()) free_.pop_back();
  set_state(slot, live);
  if (old != kNone) set_state(old, dead);
  dead_ += old != kNone;
  {
    const std::unique_lock alone(gate_);
    apply_changes();
    if (old != kNone) rows_.retire(old);
    rows_.publish(slot, id);
    if (entries_.empty() || is_entry(slot, entry_level_)) entries_.push_back(slot);
  }
  if (entries_.size() > kEntriesMax) thin_entries();
  tend();
  return {};
}

Status GraphIndex::make_room() {
  if (Status status = rows_.make_room(gate_); !status.ok()) return status;
  while (edges_.capacity() < rows_.capacity()) {
    auto edges = edges_.make_chunk();
    auto states = states_.make_chunk();
    if (!edges || !states) return fail(Code::internal, "there is no memory for more vectors");
    std::fill_n(edges.get(), SlotArray<std::uint32_t>::kChunkSlots * edges_.width(), kNone);
    std::fill_n(states.get(), SlotArray<std::uint8_t>::kChunkSlots, std::uint8_t{free});
    const std::unique_lock alone(gate_);
    edges_.append(std::move(edges));
    states_.append(std::move(states));
  }
  return {};
}

// Higher is nearer.
float GraphIndex::nearness(Near near, std::uint32_t a, std::uint32_t b) const noexcept {
  const DistanceKernels& kernels = *options_.kernels;
  if (near == Near::distance) return -kernels.l2sq(rows_.row(a), rows_.row(b), rows_.stride());
  const float product = kernels.dot(rows_.row(a), rows_.row(b), rows_.stride());
  if (near == Near::product) return product;
  return product * rows_.inverse_norm(a) * rows_.inverse_norm(b);
}

// Whether the candidate (its score is its nearness to us) is better reached by way of `kept`.
bool GraphIndex::hides(Near near, float slack, std::uint32_t kept,
                       const Hit& candidate) const noexcept {
  const float between = nearness(near, kept, candidate.key);
  switch (near) {
    case Near::angle: return slack * (2 - 2 * between) <= 2 - 2 * candidate.score;
    case Near::distance: return slack * -between <= -candidate.score;
    default: return between > candidate.score;
  }
}

// Into kept_, at most rule.count: near ones, in different directions.
void GraphIndex::prune(const EdgeRule& rule, std::span<const Hit> sorted) {
  kept_.clear();
  for (const float slack : {1.0f, kSlack}) {
    for (const Hit& candidate : sorted) {
      if (kept_.size() == rule.count) return;
      const auto in_the_way = [&](std::uint32_t kept) {
        return kept == candidate.key || hides(rule.near, slack, kept, candidate);
      };
      if (std::none_of(kept_.begin(), kept_.end(), in_the_way)) kept_.push_back(candidate.key);
    }
    if (rule.near == Near::product) return;  // knows no slack
  }
}

// Edges of `slot` to live vectors other than `avoid`, and their edges back.
void GraphIndex::plan_edges(std::uint32_t slot, std::uint32_t avoid) {
  changes_.clear();
  changed_edges_.clear();
  for (const EdgeRule& rule : rules_) {
    walk(
        writing_, options_.build_beam, std::numeric_limits<std::uint64_t>::max(),
        [&](std::uint32_t other) { return nearness(rule.near, slot, other); },
        [&](std::uint32_t other) {
          return state(other) == live && other != slot && other != avoid ? other : kNone;
        });
    prune(rule, writing_.found.sorted());
    plan_change(slot, rule, kept_);
    const std::vector<std::uint32_t> targets = kept_;  // planning the way back prunes as well
    for (const std::uint32_t target : targets) plan_back_edge(rule, target, slot);
  }
}

void GraphIndex::plan_back_edge(const EdgeRule& rule, std::uint32_t from, std::uint32_t to) {
  kept_.clear();
  for (const std::uint32_t edge : edges(from, rule)) {
    if (edge == kNone) break;
    if (edge == to) return;
    kept_.push_back(edge);
  }
  kept_.push_back(to);
  if (kept_.size() > rule.count) {
    candidates_.clear();
    for (const std::uint32_t edge : kept_) {
      candidates_.push_back({nearness(rule.near, from, edge), edge});
    }
    std::sort(candidates_.begin(), candidates_.end(), Better{});
    prune(rule, candidates_);
  }
  plan_change(from, rule, kept_);
}

void GraphIndex::plan_change(std::uint32_t slot, const EdgeRule& rule,
                             std::span<const std::uint32_t> edges) {
  changes_.push_back({slot, rule});
  changed_edges_.insert(changed_edges_.end(), edges.begin(), edges.end());
  changed_edges_.insert(changed_edges_.end(), options_.degree - edges.size(), kNone);
}

void GraphIndex::apply_changes() {
  const std::uint32_t* from = changed_edges_.data();
  for (const auto& [slot, rule] : changes_) {
    std::copy_n(from, rule.count, edges_.at(slot) + rule.first);
    from += options_.degree;
  }
}

void GraphIndex::thin_entries() {
  ++entry_level_;
  std::vector<std::uint32_t> thinned;
  thinned.reserve(kEntriesMax + 1);
  for (const std::uint32_t slot : entries_) {
    if (is_entry(slot, entry_level_)) thinned.push_back(slot);
  }
  const std::unique_lock alone(gate_);
  entries_.swap(thinned);
}

}  // namespace vitrine
