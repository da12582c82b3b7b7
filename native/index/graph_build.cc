// Brings a vector into the graph: finds its edges, and offers the way back to those it leads to.
#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <mutex>
#include <numeric>

#include "core/prng.h"
#include "index/graph.h"

namespace vitrine {
namespace {

// One slot in 32 is an entry, until there are so many; then every other one is dropped. Scanning a
// thousand takes a tenth of a walk.
constexpr std::uint32_t kEntryLevelMin = 5;
constexpr std::size_t kEntriesMin = 32;
constexpr std::size_t kEntriesMax = 1024;
// Of them, under inner product, so many because they are long.
constexpr std::size_t kLongEntries = 768;

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
      dots_(Codes::width_for(options.dim) == Width::wide ? options.kernels->wide_dots
                                                         : options.kernels->dots),
      codes_(options.dim, coded_length_min(options.metric)),
      edges_(options.degree),
      states_(1),
      entry_level_(kEntryLevelMin) {}

Near GraphIndex::near() const noexcept {
  switch (options_.metric) {
    case Metric::cosine: return Near::angle;
    case Metric::l2: return Near::distance;
    default: return Near::product;
  }
}

Status GraphIndex::put(std::uint32_t id, const float* vector) {
  if (Status status = make_room(); !status.ok()) return status;
  const std::uint32_t slot = free_.empty() ? rows_.slots() : free_.back();
  if (Status status = rows_.write(slot, vector); !status.ok()) return status;
  float kept[kDimMax];
  rows_.read(slot, kept);
  const double row_error = codes_.coder().encode(kept, codes_.row(slot));
  const std::uint32_t old = rows_.slot(id);
  plan_edges(slot, old);
  if (!free_.empty()) free_.pop_back();
  set_state(slot, live);
  if (old != kNone) set_state(old, dead);
  dead_ += old != kNone;
  {
    const std::unique_lock alone(gate_);
    codes_.note(row_error);
    longest_.note(slot, rows_.length(slot));
    apply_changes();
    if (old != kNone) rows_.retire(old);
    rows_.publish(slot, id);
  }
  if (entries_.slots().empty() || wants_entry(slot)) add_entry(slot);
  tend();
  return {};
}

Status GraphIndex::make_room() {
  if (Status status = rows_.make_room(gate_); !status.ok()) return status;
  while (edges_.capacity() < rows_.capacity()) {
    std::uint8_t* codes = codes_.rows().make_chunk();
    std::uint32_t* edges = edges_.make_chunk();
    std::uint8_t* states = states_.make_chunk();
    if (codes == nullptr || edges == nullptr || states == nullptr) {
      return fail(Code::internal, "there is no memory for more vectors");
    }
    std::fill_n(edges, SlotArray<std::uint32_t>::kChunkSlots * edges_.width(), kNone);
    std::fill_n(states, SlotArray<std::uint8_t>::kChunkSlots, std::uint8_t{free});
    const std::unique_lock alone(gate_);
    codes_.rows().append(codes);
    edges_.append(edges);
    states_.append(states);
  }
  return {};
}

// Edges of `slot` to live vectors other than `avoid`, and their edges back.
void GraphIndex::plan_edges(std::uint32_t slot, std::uint32_t avoid) {
  changes_.clear();
  changed_edges_.clear();
  for (const EdgeRule& rule : rules_) {
    walk_.run(net(), pruner_.towards(net(), rule.near, slot), options_.build_beam);
    candidates_.clear();
    kept_.clear();
    seen_.reset(std::size_t{rows_.slots()} + 1);
    const auto consider = [&](std::uint32_t other) {
      if (other == slot || other == avoid || state(other) != live) return;
      if (seen_.add(other)) kept_.push_back(other);
    };
    for (std::size_t i = 0; i < walk_.pool().size(); ++i) consider(Pool::slot_of(walk_.pool()[i]));
    if (state(slot) == live) {  // else its edges are those of who was here before
      for (const std::uint32_t edge : edges(slot, rule)) {
        if (edge == kNone) break;
        consider(edge);
      }
    }
    pruner_.far(net(), kept_, candidates_);
    std::sort(candidates_.begin(), candidates_.end(), Nearer{});
    pruner_.prune(net(), rule.near, candidates_, rule.count, kept_);
    plan_change(slot, rule, kept_);
    std::vector<Candidate> targets;  // planning the way back prunes as well
    for (const std::uint32_t target : kept_) {
      const auto at = std::find_if(candidates_.begin(), candidates_.end(),
                                   [&](const Candidate& one) { return one.slot == target; });
      targets.push_back(*at);
    }
    for (const Candidate& target : targets) {
      __builtin_prefetch(edges_.at(target.slot));
      __builtin_prefetch(edges_.at(target.slot) + kCacheLine / sizeof(std::uint32_t));
      __builtin_prefetch(edges_.at(target.slot) + 2 * kCacheLine / sizeof(std::uint32_t));
    }
    for (std::size_t i = 0; i < targets.size(); ++i) {
      // What the next one will read is on its way.
      if (i + 1 < targets.size()) {
        for (const std::uint32_t edge : edges(targets[i + 1].slot, rule)) {
          if (edge != kNone) codes_.prefetch(edge);
        }
      }
      plan_back_edge(rule, targets[i].slot, slot, targets[i].far);
    }
  }
}

void GraphIndex::plan_back_edge(const EdgeRule& rule, std::uint32_t from, std::uint32_t to,
                                float far) {
  kept_.clear();
  for (const std::uint32_t edge : edges(from, rule)) {
    if (edge == kNone) break;
    if (edge == to) return;
    kept_.push_back(edge);
  }
  if (kept_.size() == rule.count) {
    (void)pruner_.towards(net(), rule.near, from);
    if (!pruner_.replace(net(), rule.near, kept_, {far, to})) return;
  } else {
    kept_.push_back(to);
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

// Queries by inner product are mostly answered by the longest vectors: there these are entries as well.
bool GraphIndex::wants_entry(std::uint32_t slot) const noexcept {
  return is_entry(slot, entry_level_) || (near() == Near::product && rows_.length(slot) >= entry_length_);
}

void GraphIndex::add_entry(std::uint32_t slot) {
  if (entries_.full()) {
    std::vector<std::uint32_t> slots(entries_.slots().begin(), entries_.slots().end());
    while (slots.size() >= kEntriesMax) {
      ++entry_level_;
      if (near() == Near::product) entry_length_ = length_of_longest(slots, kLongEntries * 3 / 4);
      std::erase_if(slots, [&](std::uint32_t entry) { return !wants_entry(entry); });
    }
    replace_entries(slots);
    if (!slots.empty() && !wants_entry(slot)) return;
  }
  const std::unique_lock alone(gate_);
  entries_.add(slot, codes_.row(slot));
}

// Of all slots.
void GraphIndex::draw_entries() {
  std::vector<std::uint32_t> drawn(rows_.slots());
  std::iota(drawn.begin(), drawn.end(), 0u);
  if (near() == Near::product) entry_length_ = length_of_longest(drawn, kLongEntries);
  for (entry_level_ = kEntryLevelMin;; ++entry_level_) {
    std::erase_if(drawn, [&](std::uint32_t slot) { return !wants_entry(slot); });
    if (drawn.size() < kEntriesMax) break;
  }
  if (drawn.empty()) drawn.push_back(0);
  replace_entries(drawn);
}

// The length that no more than `count` of them reach, but for ties.
float GraphIndex::length_of_longest(std::span<const std::uint32_t> slots, std::size_t count) const {
  if (slots.size() <= count) return 0;
  std::vector<float> lengths;
  for (const std::uint32_t slot : slots) lengths.push_back(rows_.length(slot));
  const auto last = lengths.begin() + static_cast<std::ptrdiff_t>(count);
  std::nth_element(lengths.begin(), last, lengths.end(), std::greater<>());
  return std::nextafter(*last, std::numeric_limits<float>::infinity());
}

// With room for as many again.
void GraphIndex::replace_entries(std::span<const std::uint32_t> slots) {
  const std::size_t limit = std::clamp(slots.size() * 2, kEntriesMin, kEntriesMax);
  Entries larger(codes_.width(), std::max(limit, slots.size()));
  for (const std::uint32_t slot : slots) larger.add(slot, codes_.row(slot));
  const std::unique_lock alone(gate_);
  std::swap(entries_, larger);
}

}  // namespace vitrine
