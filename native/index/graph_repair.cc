// Forgets removed vectors, and keeps edges good. A sweep goes over all slots, a few after each change, and
// leads edges around the vectors that were dead when it began; when it is through, their slots are free.
#include <algorithm>
#include <mutex>

#include "core/parallel.h"
#include "index/graph.h"

namespace vitrine {
namespace {

// A sweep begins when one linked vector in this many is dead: later, walks pass too many of them;
// earlier, all edges are looked through for little. While vectors are refined there is time.
constexpr std::uint32_t kDeadShareRefining = 100;
constexpr std::uint32_t kDeadMin = 32;

// Slots looked at after each change: a sweep is done before another 3 % of the vectors have changed.
constexpr std::size_t kRepairsPerChange = 32;

// Slots a thread looks at, at least.
constexpr std::size_t kRepairsTogether = 128;

// Vectors that are taken out, or refined, while others wait for their turn to change something.
constexpr std::size_t kTakenTogether = 64;
constexpr std::size_t kRefinedTogether = 16;

// Nobody waits for it.
Care care_for_old(const IndexOptions& options) noexcept {
  return {{.most = options.build_beam * std::size_t{3} / 2, .follow = options.build_beam}, true};
}

}  // namespace

void GraphIndex::take(std::uint32_t id) { take_group({&id, 1}); }

std::size_t GraphIndex::take_many(std::span<const std::uint32_t> ids) {
  std::size_t taken = 0;
  for (std::size_t at = 0; at < ids.size(); at += kTakenTogether) {
    const std::scoped_lock writing(writer_);
    taken += take_group(ids.subspan(at, std::min(kTakenTogether, ids.size() - at)));
  }
  return taken;
}

std::size_t GraphIndex::take_group(std::span<const std::uint32_t> ids) {
  group_.clear();
  for (const std::uint32_t id : ids) {
    const std::uint32_t slot = id == kNone ? kNone : rows_.slot(id);
    if (slot == kNone || state(slot) != live) continue;  // not there, or named twice
    set_state(slot, dead);
    group_.push_back(slot);
  }
  dead_ += static_cast<std::uint32_t>(group_.size());
  {
    const std::unique_lock alone(gate_);
    for (const std::uint32_t slot : group_) {
      rows_.retire(slot);
      filters_.note(slot, kNone);
    }
    passed_ += static_cast<std::uint32_t>(group_.size());
  }
  const std::size_t taken = group_.size();
  if (rows_.size() == 0) {
    clear();
  } else {
    tend(taken, kDeadShare);
  }
  return taken;
}

std::size_t GraphIndex::refine(std::size_t count) {
  std::size_t refined = 0;
  for (std::size_t left = std::min(count, size()); left > 0;) {
    const std::scoped_lock writing(writer_);
    const std::size_t now = refine_group(std::min(left, kRefinedTogether));
    refined += now;
    left = now == 0 ? 0 : left - now;
  }
  return refined;
}

// In the order of slots, round and round: what changed first is old when its turn comes again.
std::size_t GraphIndex::refine_group(std::size_t most) {
  group_.clear();
  for (std::uint32_t looked = 0; looked < rows_.slots() && group_.size() < most; ++looked) {
    refine_at_ = refine_at_ < rows_.slots() ? refine_at_ : 0;
    const std::uint32_t slot = refine_at_++;
    if (state(slot) == live) group_.push_back(slot);
  }
  if (group_.empty()) return 0;
  const std::size_t refined = group_.size();
  for (EdgeChanges& changes : changes_) changes.clear();
  links_.plan(net(), states_, group_, care_for_old(options_), 1, changes_);
  {
    const std::unique_lock alone(gate_);
    apply_changes();
  }
  tend(refined, kDeadShareRefining);
  return refined;
}

// `changes` more vectors have changed. A sweep begins when one in `dead_share` is dead.
void GraphIndex::tend(std::size_t changes, std::uint32_t dead_share) {
  const auto linked = static_cast<std::uint32_t>(rows_.slots() - free_.size());
  if (sweep_at_ == kNone && dead_ > std::max(kDeadMin, linked / dead_share)) begin_sweep();
  if (sweep_at_ == kNone) return;
  const std::uint32_t first = sweep_at_;
  sweep_at_ = static_cast<std::uint32_t>(std::min(std::size_t{rows_.slots()}, first + changes * kRepairsPerChange));
  lead_around(first, sweep_at_);
  if (sweep_at_ == rows_.slots()) end_sweep();
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

// Of the slots first..end-1 no edge leads to a doomed vector any more.
void GraphIndex::lead_around(std::uint32_t first, std::uint32_t end) {
  const std::size_t threads =
      std::clamp<std::size_t>((end - first) / kRepairsTogether / 2, 1, options_.threads);
  if (detours_.size() < threads) detours_.resize(threads);
  for (Detours& detours : detours_) detours.clear();
  const Net net = this->net();
  parallel(
      threads, end - first, kRepairsTogether,
      [&](std::size_t worker, std::size_t from, std::size_t to) {
        for (std::size_t i = from; i < to; ++i) {
          detours_[worker].plan(net, states_, first + static_cast<std::uint32_t>(i));
        }
      },
      [](std::size_t, std::size_t) {});
  group_.clear();
  {
    const std::unique_lock alone(gate_);
    for (const Detours& detours : detours_) detours.changes().apply(edges_);
  }
  for (const Detours& detours : detours_) {
    group_.insert(group_.end(), detours.lonely().begin(), detours.lonely().end());
  }
  if (group_.empty()) return;
  std::sort(group_.begin(), group_.end());  // whoever found them
  for (EdgeChanges& changes : changes_) changes.clear();
  links_.plan(net, states_, group_, care_for_old(options_), 1, changes_);
  const std::unique_lock alone(gate_);
  apply_changes();
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
  {
    const std::unique_lock alone(gate_);
    passed_ -= static_cast<std::uint32_t>(doomed_.size());
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
  {
    const std::unique_lock alone(gate_);
    passed_ = 0;
  }
  doomed_.clear();
  dead_ = 0;
  sweep_at_ = kNone;
}

}  // namespace vitrine
