// Brings vectors into the graph.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <limits>
#include <mutex>
#include <numeric>

#include "core/prng.h"
#include "index/fidelity.h"
#include "index/graph.h"

namespace vitrine {
namespace {

// One slot in 32 is an entry, until there are so many; then every other one is dropped. Scanning a
// thousand takes a tenth of a walk.
constexpr std::uint32_t kEntryLevelMin = 5;
constexpr std::size_t kEntriesMin = 32;
constexpr std::size_t entries_max(Metric metric) noexcept { return metric == Metric::ip ? 1024 : 512; }
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

// Many are looked at, few of them followed: half the work, for edges nearly as good.
Care care_for_new(const IndexOptions& options) noexcept {
  const std::size_t beam = options.build_beam;
  return {{.most = beam * 3 / 2, .follow = beam * 3 / 10}, false};
}

// Free slots that a vector may choose among.
constexpr std::size_t kFreeLooked = 4096;

// By number alone, so that the sample needs no memory of how it was drawn.
bool is_entry(std::uint32_t slot, std::uint32_t level) noexcept {
  return static_cast<std::uint32_t>(std::countr_zero(mixed(slot))) >= level;
}

}  // namespace

GraphIndex::GraphIndex(const IndexOptions& options)
    : Index(options),
      rules_(rules_of(options)),
      steps_(*options.kernels->steps),
      codes_(options.dim, Codes::width_for(options.dim, options.coding), coded_length_min(options.metric)),
      dots_(dots_for(codes_.coder().width())),
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

Status GraphIndex::put(std::uint32_t id, const float* vector) { return put_group({&id, 1}, vector); }

// No id comes twice. All are there at once, in the end.
Status GraphIndex::put_group(std::span<const std::uint32_t> ids, const float* vectors) {
  const std::size_t before = rows_.size();
  double row_error = 0;
  if (Status status = write_group(ids, vectors, row_error); !status.ok()) return status;
  for (const std::uint32_t id : ids) {  // what they replace is chosen by none of them
    const std::uint32_t old = rows_.slot(id);
    if (old == kNone) continue;
    set_state(old, dead);
    ++dead_;
  }
  for (EdgeChanges& changes : changes_) changes.clear();
  links_.plan(net(), states_, group_, care_for_new(options_), options_.threads, changes_);
  free_.resize(free_.size() - std::min(free_.size(), ids.size()));
  for (const std::uint32_t slot : group_) set_state(slot, live);
  {
    const std::unique_lock alone(gate_);
    codes_.note(row_error);
    apply_changes();
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (const std::uint32_t old = rows_.slot(ids[i]); old != kNone) {
        rows_.retire(old);
        filters_.note(old, kNone);
        ++passed_;
      }
      longest_.note(group_[i], rows_.length(group_[i]));
      rows_.publish(group_[i], ids[i]);
      filters_.note(group_[i], ids[i]);
    }
  }
  for (const std::uint32_t slot : group_) {
    if (entries_.slots().empty() || wants_entry(slot)) add_entry(slot);
  }
  tend(ids.size(), kDeadShare);
  return before < kJudged && rows_.size() >= kJudged ? judge() : Status{};
}

// Into slots that are nobody's, and stay so: group_.
Status GraphIndex::write_group(std::span<const std::uint32_t> ids, const float* vectors,
                               double& row_error) {
  if (Status status = make_room(ids.size()); !status.ok()) return status;
  group_.clear();
  float kept[kDimMax];
  if (near() == Near::product) choose_free(ids.size(), vectors);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto slot = i < free_.size() ? free_[free_.size() - 1 - i]
                                       : static_cast<std::uint32_t>(rows_.slots() + i - free_.size());
    if (Status status = rows_.write(slot, vectors + i * options_.dim); !status.ok()) return status;
    rows_.read(slot, kept);
    row_error = std::max(row_error, codes_.coder().encode(kept, codes_.row(slot)));
    group_.push_back(slot);
  }
  return {};
}

// By inner product slots follow length as long as they can, so that scans by length end early: of the free ones
// each vector's comes to the end of the list that lies nearest to those of its length.
void GraphIndex::choose_free(std::size_t count, const float* vectors) {
  for (std::size_t i = 0; i < std::min(count, free_.size()); ++i) {
    const float* vector = vectors + i * options_.dim;
    const double square = std::inner_product(vector, vector + options_.dim, vector, 0.0);
    const auto target = static_cast<std::int64_t>(longest_.slots_as_long_as(static_cast<float>(std::sqrt(square)), 0));
    const auto away = [&](std::uint32_t slot) { return std::abs(static_cast<std::int64_t>(slot) - target); };
    const auto end = free_.end() - static_cast<std::ptrdiff_t>(i);
    const auto first = end - static_cast<std::ptrdiff_t>(std::min(free_.size() - i, kFreeLooked));
    const auto nearest = std::min_element(first, end, [&](auto a, auto b) { return away(a) < away(b); });
    std::swap(*nearest, end[-1]);
  }
}

Status GraphIndex::make_room(std::size_t count) {
  if (Status status = rows_.make_room(gate_, count); !status.ok()) return status;
  while (edges_.capacity() < rows_.capacity()) {
    std::uint8_t* codes = codes_.rows().make_chunk();
    std::uint32_t* edges = edges_.make_chunk();
    std::uint8_t* states = states_.make_chunk();
    if (codes == nullptr || edges == nullptr || states == nullptr) {
      return fail(Code::internal, "there is no memory for more vectors");
    }
    std::fill_n(edges, SlotArray<std::uint32_t>::kChunkSlots * edges_.width(), kNone);
    std::fill_n(states, SlotStates::kChunkSlots, static_cast<std::uint8_t>(free));
    const std::unique_lock alone(gate_);
    codes_.rows().append(codes);
    edges_.append(edges);
    states_.append(states);
  }
  return {};
}

void GraphIndex::apply_changes() {
  for (const EdgeChanges& changes : changes_) changes.apply(edges_);
}

// Queries by inner product are mostly answered by the longest vectors: there these are entries as well.
bool GraphIndex::wants_entry(std::uint32_t slot) const noexcept {
  return is_entry(slot, entry_level_) || (near() == Near::product && rows_.length(slot) >= entry_length_);
}

void GraphIndex::add_entry(std::uint32_t slot) {
  if (entries_.full()) {
    std::vector<std::uint32_t> slots(entries_.slots().begin(), entries_.slots().end());
    std::erase_if(slots, [&](std::uint32_t entry) { return state(entry) != live; });
    // Some room at least, or the table would be made again for nearly every vector.
    while (slots.size() >= entries_max(options_.metric) * 15 / 16) {
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
    if (drawn.size() < entries_max(options_.metric)) break;
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
  const std::size_t limit = std::clamp(slots.size() * 2, kEntriesMin, entries_max(options_.metric));
  Entries larger(codes_.width(), std::max(limit, slots.size()));
  for (const std::uint32_t slot : slots) larger.add(slot, codes_.row(slot));
  const std::unique_lock alone(gate_);
  std::swap(entries_, larger);
}

}  // namespace vitrine
