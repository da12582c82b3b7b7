// What a walk is made of: the pool, and how far it reaches.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include "distance/steps.h"
#include "index/net.h"
#include "index/pool.h"
#include "index/reach.h"
#include "test/expect.h"

namespace vitrine::test {
namespace {

// Every set's steps do what the scalar set's do, for every count, and write no further than they may.
void steps_are_the_same_for_every_set() {
  Prng prng(8);
  constexpr std::uint32_t kSlots = 1000, kCount = 70;
  for (const DistanceKernels& set : distance_kernels()) {
    if (!set.supported()) continue;
    for (std::uint32_t count = 0; count <= kCount; ++count) {
      const std::size_t room = count + kStepPad;
      std::vector<std::uint32_t> slots(kSlots), ranks(count);
      std::iota(slots.begin(), slots.end(), 0u);
      for (std::uint32_t i = 0; i < count; ++i) std::swap(slots[i], slots[i + prng.below(kSlots - i)]);
      slots.resize(count);
      if (count > 3 && count % 3 == 0) slots[prng.below(count)] = 0xffff'ffff;
      for (std::uint32_t& rank : ranks) rank = prng.below(4) << 30;
      const std::uint32_t worst = prng.below(4) << 30 | 1;

      std::vector<std::uint64_t> words[2], places[2];
      std::vector<std::uint32_t> fresh[2];
      for (std::size_t i = 0; i < kSlots / 64 + 1; ++i) words[0].push_back(prng.next() & prng.next());
      words[1] = words[0];
      std::size_t met[2], near[2];
      for (const std::size_t which : {0, 1}) {
        const StepKernels& steps = which == 0 ? scalar::kSteps : *set.steps;
        fresh[which].resize(room);
        places[which].resize(room);
        met[which] = steps.mark(slots.data(), count, words[which].data(), fresh[which].data());
        near[which] = steps.nearer(ranks.data(), slots.data(), count, worst, places[which].data());
        fresh[which].resize(met[which]);
        places[which].resize(near[which]);
      }
      EXPECT(met[0] == met[1] && near[0] == near[1] && words[0] == words[1]);
      EXPECT(fresh[0] == fresh[1] && places[0] == places[1]);
      EXPECT(count == 0 || set.steps->mark(slots.data(), count, words[0].data(), fresh[0].data()) == 0);
    }
    std::vector<std::uint64_t> sorted(kCount + kStepPad), wanted;
    for (std::size_t count = 0; count < kCount; ++count) {
      const std::uint64_t value = prng.next() << 8 | count;
      const auto place = wanted.insert(std::lower_bound(wanted.begin(), wanted.end(), value), value);
      const auto at = static_cast<std::size_t>(place - wanted.begin());
      EXPECT(set.steps->insert(sorted.data(), count, value) == at);
      EXPECT(std::equal(wanted.begin(), wanted.end(), sorted.begin()));
    }
  }
}

// Against a sorted list of all that was offered.
void a_pool_keeps_the_nearest_in_order() {
  Prng prng(5);
  Pool pool;
  for (const DistanceKernels& set : distance_kernels()) {
    if (!set.supported()) continue;
    for (const std::size_t limit : {1u, 2u, 7u, 8u, 9u, 63u, 64u, 65u, 300u}) {
      pool.reset(limit, *set.steps);
      std::vector<std::uint64_t> all;
      for (std::uint32_t slot = 0; slot < 700; ++slot) {
        const auto rank = static_cast<Rank>(prng.below(slot % 3 == 0 ? 50 : 1'000'000));
        all.push_back((std::uint64_t{rank} << 32) | (slot << 1));
        if (rank < pool.worst()) pool.offer(rank, slot);
      }
      std::sort(all.begin(), all.end());
      EXPECT(pool.size() == std::min(limit, all.size()));
      // Of equal ranks at the end the first that came are kept.
      for (std::size_t i = 0; i < pool.size(); ++i) {
        EXPECT(Pool::rank_of(pool[i]) == Pool::rank_of(all[i]));
        EXPECT(i == 0 || pool[i - 1] < pool[i]);
      }
    }
  }
}

// Whatever comes between, the one followed next is the nearest that was not.
void a_pool_leads_to_the_nearest() {
  Prng prng(6);
  Pool pool;
  pool.reset(40);
  std::vector<std::uint64_t> open;
  for (std::uint32_t slot = 0; slot < 400; ++slot) {
    const auto rank = static_cast<Rank>(prng.below(1000));
    if (rank < pool.worst()) pool.offer(rank, slot);
    if (slot % 3 != 0) continue;
    open.clear();
    for (std::size_t i = 0; i < pool.size(); ++i) {
      if ((pool[i] & 1) == 0) open.push_back(pool[i]);
    }
    const std::uint32_t nearest = open.empty() ? Pool::kNobody : Pool::slot_of(open.front());
    EXPECT(pool.peek() == nearest && pool.follow() == nearest);
  }
}

void a_pool_leaves_what_is_out_of_reach() {
  Pool pool;
  pool.reset(10);
  for (std::uint32_t slot = 0; slot < 6; ++slot) pool.offer(10 * slot, slot);
  pool.cut(30, 8);
  EXPECT(pool.worst() == 30 && pool.size() == 6);
  for (std::uint32_t slot = 0; slot < 3; ++slot) EXPECT(pool.follow() == slot);
  EXPECT(pool.peek() == Pool::kNobody && pool.follow() == Pool::kNobody);
  pool.offer(25, 9);
  EXPECT(pool.follow() == 9);
  pool.cut(30, 2);
  EXPECT(pool.size() == 4 && pool.peek() == Pool::kNobody);
}

void a_reach_widens_with_the_beam() {
  const Reach narrow = reach_for(10, 10);
  EXPECT(narrow.ratio == 1 && narrow.least == 10 && narrow.most >= 10 && narrow.k == 10);
  double before = 1;
  for (const std::size_t beam : {20u, 75u, 100u, 4096u, 65'535u}) {
    const Reach reach = reach_for(10, beam);
    EXPECT(reach.ratio > before && reach.ratio < 2);
    EXPECT(reach.least >= 10 && reach.least <= beam && reach.most >= beam);
    before = reach.ratio;
  }
}

// The first rank that is cut off is that of `ratio` times the distance, within rounding.
void ranks_are_cut_where_distances_are() {
  constexpr double kScale = 1e-4, kSpread = 1e-9;
  for (const double kth : {0.9, 0.5, 0.0, -0.5}) {
    const CodedQuery query{nullptr, 1, 321, static_cast<float>(kScale), 0, kSpread};
    const double wanted = 1 - 1.25 * (1 - kth);
    Probe angle{.bias = 321, .near = Near::angle};
    angle.limit({.most = 10, .k = 5, .ratio = 1.25}, query);
    const auto dot = static_cast<std::int32_t>(std::lround(kth / kScale)) + query.bias;
    const Rank cut = angle.cut(angle.rank<Near::angle>(dot, 1));
    const auto cut_dot = static_cast<std::int32_t>(0x8000'0000u - cut);
    EXPECT(std::abs((cut_dot - query.bias) * kScale - wanted) <= 2 * kScale);
    // Unit vectors: minus the squared distance is twice the product, less 2.
    Probe distance{.near = Near::distance};
    distance.limit({.most = 10, .k = 5, .ratio = 1.25}, query);
    const float score = score_of(distance.cut(rank_of(static_cast<float>(2 * kth - 1))));
    EXPECT(std::abs(score - (2 * wanted - 1)) <= 1e-5);
  }
}

}  // namespace

void check_walk() {
  steps_are_the_same_for_every_set();
  a_pool_keeps_the_nearest_in_order();
  a_pool_leads_to_the_nearest();
  a_pool_leaves_what_is_out_of_reach();
  a_reach_widens_with_the_beam();
  ranks_are_cut_where_distances_are();
}

}  // namespace vitrine::test
