// `SessionIndex::search`: candidates, their likeness, the nearest of them, their votes.
#include <algorithm>
#include <cmath>
#include <limits>

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
    const std::uint32_t* holders = log_.holder_counts();
    scratch_.board.scale([this, sessions, holders](std::uint32_t item) {
      return sessions - holders_log(holders[item]);
    });
    return scratch_.board.finish(allowed, found);
  }

 private:
  void reserve() {
    const std::size_t slots = log_.next_slot() - log_.first_slot();
    if (scratch_.likeness.size() < slots) scratch_.likeness.resize(slots, 0);
    if (scratch_.place.size() < log_.item_end()) scratch_.place.resize(log_.item_end(), 0);
    scratch_.board.reserve(log_.item_end());
    scratch_.candidates.clear();
    if (scratch_.distance_weight.empty()) {
      for (std::size_t distance = 0; distance < kTableEnd; ++distance) {
        scratch_.distance_weight.push_back(weight_at(distance));
      }
    }
    if (scratch_.length_divisor.empty()) {
      for (std::size_t length = 0; length < kTableEnd; ++length) {
        scratch_.length_divisor.push_back(divisor_of(length));
      }
    }
  }

  // Marks each item's last place, and sums the item's weight into the sessions that hold it.
  void collect_candidates() {
    std::vector<Holders>& lists = scratch_.lists;
    lists.clear();
    std::size_t all = 0;
    for (std::size_t at = query_.size(); at-- > 0;) {
      const std::uint32_t item = query_[at];
      if (item >= log_.item_end() || scratch_.place[item] != 0) continue;
      scratch_.place[item] = static_cast<std::uint32_t>(at) + 1;
      const auto weight = static_cast<float>(
          std::exp(-static_cast<double>(query_.size() - 1 - at) / weights_.query_decay));
      if (weight < kSayLeast) continue;  // it only tells where a neighbour's match is
      const std::span<const std::uint32_t> holders = log_.holders(item);
      // One more, because the excluded session may be among them.
      const std::size_t newest = std::min(weights_.sample + std::size_t{1}, holders.size());
      lists.push_back({holders.last(newest), weight});
      all += newest;
    }
    // The newest first, a stretch of slots of all lists at a time: of popular items most are too old.
    const std::size_t enough = weights_.sample + std::size_t{1};
    while (all > 0 && met_ < enough) {
      const std::uint32_t from = stretch_start(lists, all, enough - met_);
      for (Holders& list : lists) {
        const auto start = std::lower_bound(list.slots.begin(), list.slots.end(), from);
        const auto older = static_cast<std::size_t>(start - list.slots.begin());
        add_holders(list.slots.subspan(older), list.weight, log_.first_slot());
        all -= list.slots.size() - older;
        list.slots = list.slots.first(older);
      }
    }
  }

  // The slot from which on the lists have somewhat more than `wanted` entries together; 0 where all of them
  // are hardly more.
  static std::uint32_t stretch_start(std::span<const Holders> lists, std::size_t all, std::size_t wanted) {
    const std::size_t least = std::max(wanted + wanted / 4, kStretchLeast);
    if (all <= 2 * least) return 0;
    std::uint32_t low = kNoSlot;
    std::uint32_t high = 0;
    for (const Holders& list : lists) {
      if (list.slots.empty()) continue;
      low = std::min(low, list.slots.front());
      high = std::max(high, list.slots.back());
    }
    while (high - low > 1) {
      const std::uint32_t middle = low + (high - low) / 2;
      std::size_t count = 0;
      for (const Holders& list : lists) {
        count += static_cast<std::size_t>(list.slots.end() -
                                          std::lower_bound(list.slots.begin(), list.slots.end(), middle));
      }
      if (count >= least && count <= 2 * least) return middle;
      (count < least ? high : low) = middle;
    }
    return low;
  }

  // Without a branch to guess: whether a session has been met is as good as chance.
  void add_holders(std::span<const std::uint32_t> holders, float weight, std::uint32_t first) {
    std::vector<std::uint32_t>& slots = scratch_.slots;
    if (slots.size() < met_ + holders.size()) slots.resize(2 * (met_ + holders.size()));
    float* const likeness = scratch_.likeness.data() - first;
    std::uint32_t* const met = slots.data();
    std::size_t count = met_;
    for (const std::uint32_t slot : holders) {
      const float before = likeness[slot];
      met[count] = slot;
      count += before == 0;
      likeness[slot] = before + weight;
    }
    met_ = count;
  }

  // Of the newest `sample` slots. Leaves the dense array zero again.
  void measure_candidates() {
    const std::uint32_t first = log_.first_slot();
    float* const sums = scratch_.likeness.data() - first;
    std::uint32_t* const slots = scratch_.slots.data();
    if (exclude_ != kNoSlot) take_out(slots, sums);
    if (met_ > weights_.sample) {
      std::nth_element(slots, slots + weights_.sample, slots + met_, std::greater<>());
      for (std::size_t i = weights_.sample; i < met_; ++i) sums[slots[i]] = 0;
      met_ = weights_.sample;
    }
    const std::uint32_t* const lengths = log_.lengths() - first;
    const double* const divisors = scratch_.length_divisor.data();
    const bool aged = weights_.age_decay > 0;
    if (aged) reserve_ages();
    // Gathers some thousand more than are kept, then leaves the better ones; most that come later are
    // turned away at the door.
    const std::size_t room = std::size_t{weights_.neighbours} + kGathered;
    std::vector<Candidate>& candidates = scratch_.candidates;
    candidates.resize(room);
    std::size_t count = 0;
    for (std::size_t i = 0; i < met_; ++i) {
      const std::uint32_t slot = slots[i];
      const std::uint32_t length = lengths[slot];
      double likeness = static_cast<double>(sums[slot]) / (length < kTableEnd ? divisors[length] : divisor_of(length));
      sums[slot] = 0;
      if (aged) likeness *= age_weight(slot);
      const Candidate candidate(slot, static_cast<float>(likeness));
      candidates[count] = candidate;
      count += candidate >= floor_;
      if (count < room) continue;
      keep_nearest();
      count = candidates.size();
      candidates.resize(room);
    }
    candidates.resize(count);
  }

  // The excluded session is no candidate.
  void take_out(std::uint32_t* slots, float* sums) {
    if (exclude_ < log_.first_slot() || exclude_ >= log_.next_slot() || sums[exclude_] == 0) return;
    sums[exclude_] = 0;
    std::uint32_t* const own = std::find(slots, slots + met_, exclude_);
    std::copy(own + 1, slots + met_, own);
    met_ -= 1;
  }

  void keep_nearest() {
    std::vector<Candidate>& candidates = scratch_.candidates;
    if (candidates.size() <= weights_.neighbours) return;
    const auto last = candidates.begin() + static_cast<std::ptrdiff_t>(weights_.neighbours) - 1;
    std::nth_element(candidates.begin(), last, candidates.end(), std::greater<>());
    floor_ = *last;
    candidates.erase(last + 1, candidates.end());
  }

  // Sessions lie anywhere in memory: where one is, is asked for ahead of its turn, and once that is known
  // its items.
  void vote_all() {
    const std::vector<Candidate>& nearest = scratch_.candidates;
    for (std::size_t i = 0; i < nearest.size(); ++i) {
      if (i + 2 * kAhead < nearest.size()) log_.prefetch_place(nearest[i + 2 * kAhead].slot());
      if (i + kAhead < nearest.size()) log_.prefetch_items(nearest[i + kAhead].slot());
      vote(nearest[i]);
    }
  }

  void vote(const Candidate& neighbour) {
    const std::span<const std::uint32_t> items = log_.items(neighbour.slot());
    const std::uint32_t* const place_of = scratch_.place.data();
    // The match: the query's latest item that the neighbour holds, at its last place there.
    std::uint32_t latest = 0;
    std::size_t match = 0;
    for (std::size_t z = 0; z < items.size(); ++z) {
      const std::uint32_t place = place_of[items[z]];
      const bool later = place >= latest && place != 0;
      latest = later ? place : latest;
      match = later ? z : match;
    }
    const bool matches_last = latest == query_.size();
    const double likeness = neighbour.likeness();
    for (std::size_t z = 0; z < items.size(); ++z) {
      if (z == match && matches_last) continue;
      const std::size_t distance = z > match ? z - match : match - z;
      const double weight = distance < kTableEnd ? scratch_.distance_weight[distance] : weight_at(distance);
      const double score = likeness * weight;
      if (score > 0) scratch_.board.add(items[z], score);
    }
  }

  void forget_query() {
    for (const std::uint32_t item : query_) {
      if (item < log_.item_end()) scratch_.place[item] = 0;
    }
  }

  double divisor_of(std::size_t length) const {
    return std::pow(static_cast<double>(length), weights_.length_power);
  }

  double weight_at(std::size_t distance) const {
    return std::exp(-static_cast<double>(distance) / weights_.item_decay);
  }

  // exp(-age / ageDecay), as a product of two that are known: age is up to a million.
  double age_weight(std::uint32_t slot) const {
    const std::uint32_t age = log_.next_slot() - 1 - slot;
    return scratch_.age_weight[age % kAgeStep] * scratch_.far_age_weight[age / kAgeStep];
  }

  void reserve_ages() {
    std::vector<double>& near = scratch_.age_weight;
    std::vector<double>& far = scratch_.far_age_weight;
    const std::uint32_t oldest = log_.next_slot() - log_.first_slot();
    while (near.size() < kAgeStep) near.push_back(aged(static_cast<double>(near.size())));
    while (far.size() <= oldest / kAgeStep) far.push_back(aged(static_cast<double>(far.size()) * kAgeStep));
  }

  double aged(double age) const { return std::exp(-age / weights_.age_decay); }

  double holders_log(std::uint32_t holders) {
    std::vector<double>& table = scratch_.holders_log;
    if (holders >= kHoldersLogEnd) return std::log(static_cast<double>(holders));
    while (table.size() <= holders) table.push_back(std::log(static_cast<double>(table.size())));
    return table[holders];
  }

  static constexpr std::size_t kStretchLeast = 512;  // entries that are worth another look at all lists
  static constexpr float kSayLeast = 1e-4f;  // of an item, beside 1 of the latest
  static constexpr std::size_t kTableEnd = 256;
  static constexpr std::size_t kAhead = 8;
  static constexpr std::size_t kGathered = 1024;

  const SessionLog& log_;
  const std::span<const std::uint32_t> query_;
  const NeighbourWeights& weights_;
  const std::uint32_t exclude_;
  Scratch& scratch_;
  std::size_t met_ = 0;  // candidates in scratch_.slots
  // The least of what is kept, once there is too much; else the least there is above 0.
  Candidate floor_ = Candidate(0, std::numeric_limits<float>::denorm_min());
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
