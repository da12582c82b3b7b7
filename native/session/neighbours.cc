// `SessionIndex::search`: candidates, their likeness, the nearest of them, their votes.
#include <algorithm>
#include <cmath>

#include "session/scratch.h"
#include "session/session_index.h"

namespace vitrine {
namespace {

// One search over a log that nobody changes meanwhile.
class NeighbourSearch {
 public:
  NeighbourSearch(const SessionLog& log, std::span<const std::uint32_t> query,
                  const NeighbourWeights& weights, std::uint32_t exclude, Scratch& scratch)
      : log_(log), query_(query), weights_(weights), exclude_(exclude), scratch_(scratch) {}

  std::size_t run(AllowedItems allowed, Found found) {
    reserve();
    collect_candidates();
    measure_candidates();
    keep_nearest();
    vote_all();
    forget_query();
    // Above 0 even in a shop's first session, where every item is in every session.
    const double sessions = std::log(1.0 + static_cast<double>(log_.count()));
    scratch_.board.scale([this, sessions](std::uint32_t item) {
      return sessions - holders_log(log_.holder_count(item));
    });
    return scratch_.board.finish(allowed, found);
  }

 private:
  void reserve() {
    const std::size_t slots = log_.next_slot() - log_.first_slot();
    if (scratch_.likeness.size() < slots) scratch_.likeness.resize(slots, 0);
    if (scratch_.place.size() < log_.item_end()) scratch_.place.resize(log_.item_end(), 0);
    scratch_.board.reserve(log_.item_end());
    scratch_.slots.clear();
    scratch_.candidates.clear();
  }

  // Marks each item's last place, and sums the item's weight into the sessions that hold it.
  void collect_candidates() {
    const std::uint32_t first = log_.first_slot();
    for (std::size_t at = query_.size(); at-- > 0;) {
      const std::uint32_t item = query_[at];
      if (item >= log_.item_end() || scratch_.place[item] != 0) continue;
      scratch_.place[item] = static_cast<std::uint32_t>(at) + 1;
      const double weight =
          std::exp(-static_cast<double>(query_.size() - 1 - at) / weights_.query_decay);
      if (weight == 0) continue;  // so far back that it underflows
      const std::span<const std::uint32_t> holders = log_.holders(item);
      // One more, because the excluded session may be among them.
      const std::size_t newest = std::min(weights_.sample + std::size_t{1}, holders.size());
      for (const std::uint32_t slot : holders.last(newest)) {
        if (slot == exclude_) continue;
        double& likeness = scratch_.likeness[slot - first];
        if (likeness == 0) scratch_.slots.push_back(slot);
        likeness += weight;
      }
    }
  }

  // Of the newest `sample` slots. Leaves the dense array zero again.
  void measure_candidates() {
    std::vector<std::uint32_t>& slots = scratch_.slots;
    const std::uint32_t first = log_.first_slot();
    if (slots.size() > weights_.sample) {
      const auto end = slots.begin() + static_cast<std::ptrdiff_t>(weights_.sample);
      std::nth_element(slots.begin(), end, slots.end(), std::greater<>());
      for (auto old = end; old != slots.end(); ++old) scratch_.likeness[*old - first] = 0;
      slots.erase(end, slots.end());
    }
    for (const std::uint32_t slot : slots) {
      double& sum = scratch_.likeness[slot - first];
      const double likeness = sum / length_divisor(log_.length(slot)) * age_weight(slot);
      sum = 0;
      if (likeness > 0) offer({slot, likeness});
    }
  }

  // Gathers twice as many as are kept, then leaves the better half: most of the rest is turned away at
  // the door.
  void offer(const Candidate& candidate) {
    std::vector<Candidate>& candidates = scratch_.candidates;
    if (candidate.likeness < floor_) return;
    candidates.push_back(candidate);
    if (candidates.size() >= 2 * std::size_t{weights_.neighbours}) keep_nearest();
  }

  void keep_nearest() {
    std::vector<Candidate>& candidates = scratch_.candidates;
    if (candidates.size() <= weights_.neighbours) return;
    const auto last = candidates.begin() + static_cast<std::ptrdiff_t>(weights_.neighbours) - 1;
    std::nth_element(candidates.begin(), last, candidates.end(),
                     [](const Candidate& a, const Candidate& b) {
                       return a.likeness != b.likeness ? a.likeness > b.likeness : a.slot > b.slot;
                     });
    floor_ = last->likeness;
    candidates.erase(last + 1, candidates.end());
  }

  // Sessions lie anywhere in memory. One is asked for ahead of its turn, and its items once it is there.
  void vote_all() {
    const std::vector<Candidate>& nearest = scratch_.candidates;
    for (std::size_t i = 0; i < nearest.size(); ++i) {
      if (i + 2 * kAhead < nearest.size()) __builtin_prefetch(&log_.at(nearest[i + 2 * kAhead].slot));
      if (i + kAhead < nearest.size()) __builtin_prefetch(log_.at(nearest[i + kAhead].slot).items.data());
      vote(nearest[i]);
    }
  }

  void vote(const Candidate& neighbour) {
    const std::vector<std::uint32_t>& items = log_.at(neighbour.slot).items;
    // The match: the query's latest item that the neighbour holds, at its last place there.
    std::uint32_t latest = 0;
    std::size_t match = 0;
    for (std::size_t z = 0; z < items.size(); ++z) {
      const std::uint32_t place = scratch_.place[items[z]];
      if (place < latest || place == 0) continue;
      latest = place;
      match = z;
    }
    const bool matches_last = latest == query_.size();
    for (std::size_t z = 0; z < items.size(); ++z) {
      if (z == match && matches_last) continue;
      const double score = neighbour.likeness * distance_weight(z > match ? z - match : match - z);
      if (score > 0) scratch_.board.add(items[z], score);
    }
  }

  void forget_query() {
    for (const std::uint32_t item : query_) {
      if (item < log_.item_end()) scratch_.place[item] = 0;
    }
  }

  double length_divisor(std::size_t length) {
    std::vector<double>& table = scratch_.length_divisor;
    if (length >= kTableEnd) return std::pow(static_cast<double>(length), weights_.length_power);
    if (table.empty()) table.assign(kTableEnd, 0);
    double& divisor = table[length];
    if (divisor == 0) divisor = std::pow(static_cast<double>(length), weights_.length_power);
    return divisor;
  }

  // exp(-age / ageDecay), as a product of two that are known: age is up to a million.
  double age_weight(std::uint32_t slot) {
    if (weights_.age_decay <= 0) return 1;
    const std::uint32_t age = log_.next_slot() - 1 - slot;
    std::vector<double>& near = scratch_.age_weight;
    std::vector<double>& far = scratch_.far_age_weight;
    while (near.size() < kAgeStep) near.push_back(aged(static_cast<double>(near.size())));
    while (far.size() <= age / kAgeStep) far.push_back(aged(static_cast<double>(far.size()) * kAgeStep));
    return near[age % kAgeStep] * far[age / kAgeStep];
  }

  double aged(double age) const { return std::exp(-age / weights_.age_decay); }

  double holders_log(std::uint32_t holders) {
    std::vector<double>& table = scratch_.holders_log;
    if (holders >= kHoldersLogEnd) return std::log(static_cast<double>(holders));
    while (table.size() <= holders) table.push_back(std::log(static_cast<double>(table.size())));
    return table[holders];
  }

  double distance_weight(std::size_t distance) {
    std::vector<double>& table = scratch_.distance_weight;
    if (distance >= table.size()) table.resize(distance + 1, -1);
    if (table[distance] < 0) {
      table[distance] = std::exp(-static_cast<double>(distance) / weights_.item_decay);
    }
    return table[distance];
  }

  static constexpr std::size_t kTableEnd = 256;
  static constexpr std::size_t kAhead = 6;

  const SessionLog& log_;
  const std::span<const std::uint32_t> query_;
  const NeighbourWeights& weights_;
  const std::uint32_t exclude_;
  Scratch& scratch_;
  double floor_ = 0;  // of what is kept
};

}  // namespace

std::size_t SessionIndex::search(std::span<const std::uint32_t> query,
                                 const NeighbourWeights& weights, AllowedItems allowed,
                                 std::uint64_t exclude, Found found) const {
  if (query.size() > log_options_.session_items_max) query = query.last(log_options_.session_items_max);
  std::unique_ptr<Scratch> scratch = take_scratch();
  if (scratch->weights != weights) {
    scratch->weights = weights;
    scratch->length_divisor.clear();
    scratch->distance_weight.clear();
    scratch->age_weight.clear();
    scratch->far_age_weight.clear();
  }
  std::size_t count = 0;
  {
    const std::shared_lock lock(mutex_);
    const std::uint32_t own = exclude == kNoKey ? kNoSlot : log_.find(exclude);
    count = NeighbourSearch(log_, query, weights, own, *scratch).run(allowed, found);
  }
  give_back(std::move(scratch));
  return count;
}

}  // namespace vitrine
