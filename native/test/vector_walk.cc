// What a walk is made of: the pool, and how far it reaches.
#include <algorithm>
#include <cmath>
#include <vector>

#include "index/net.h"
#include "index/pool.h"
#include "index/reach.h"
#include "test/expect.h"

namespace vitrine::test {
namespace {

// Against a sorted list of all that was offered.
void a_pool_keeps_the_nearest_in_order() {
  Prng prng(5);
  Pool pool;
  for (const std::size_t limit : {1u, 2u, 7u, 8u, 9u, 63u, 64u, 65u, 300u}) {
    pool.reset(limit);
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
  pool.cut(30);
  EXPECT(pool.worst() == 30 && pool.size() == 6);
  for (std::uint32_t slot = 0; slot < 3; ++slot) EXPECT(pool.follow() == slot);
  EXPECT(pool.peek() == Pool::kNobody && pool.follow() == Pool::kNobody);
  pool.offer(25, 9);
  EXPECT(pool.follow() == 9);
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
  a_pool_keeps_the_nearest_in_order();
  a_pool_leads_to_the_nearest();
  a_pool_leaves_what_is_out_of_reach();
  a_reach_widens_with_the_beam();
  ranks_are_cut_where_distances_are();
}

}  // namespace vitrine::test
