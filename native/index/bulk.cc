#include "index/bulk.h"

#include <algorithm>
#include <numeric>

#include "core/parallel.h"
#include "core/prng.h"

namespace vitrine {
namespace {

// Measured on 331,479 x 100: more trees or larger leaves cost as much as they save the searches after.
constexpr std::size_t kTrees = 6;
constexpr std::size_t kLeafMax = 400;
constexpr std::size_t kNeighbours = 32;
constexpr std::size_t kPasses = 2;

constexpr std::uint32_t kNobody = 0xffff'ffff;
constexpr std::size_t kGrain = 256;

// Of those who want an edge back, so many are looked at.
constexpr std::size_t kBackMax = 400;

struct Split {
  std::size_t first, end;
};

// Sorts each of `splits` so that its first half is nearer to one of two of its members and its second to
// the other. side(worker, a, b, members, into) gives how much nearer each is to a than to b.
template <class Side>
std::vector<Split> cut(std::vector<std::uint32_t>& order, const std::vector<Split>& splits,
                       std::uint64_t seed, std::uint32_t threads, Side side) {
  std::vector<Split> halves(splits.size() * 2);
  const auto work = [&](std::size_t worker, std::size_t from, std::size_t to) {
    std::vector<Candidate> members;
    for (std::size_t i = from; i < to; ++i) {
      const auto [first, end] = splits[i];
      const auto width = static_cast<std::uint32_t>(end - first);
      const std::span<std::uint32_t> part(order.data() + first, width);
      Prng prng(seed + i);
      const std::uint32_t a = part[prng.below(width)];
      const std::uint32_t b = part[prng.below(width)];
      members.clear();
      side(worker, a, b, part, members);
      const auto middle = members.begin() + width / 2;
      std::nth_element(members.begin(), middle, members.end(), Nearer{});
      std::sort(members.begin(), middle, [](auto& x, auto& y) { return x.slot < y.slot; });
      std::sort(middle, members.end(), [](auto& x, auto& y) { return x.slot < y.slot; });
      for (std::size_t at = 0; at < width; ++at) part[at] = members[at].slot;
      halves[2 * i] = {first, first + width / 2};
      halves[2 * i + 1] = {first + width / 2, end};
    }
  };
  parallel(threads, splits.size(), 1, work, [](std::size_t, std::size_t) {});
  return halves;
}

template <class Side>
std::vector<Split> grow_tree(std::vector<std::uint32_t>& order, std::uint64_t seed,
                             std::uint32_t threads, Side side) {
  std::vector<Split> splits = {{0, order.size()}};
  for (std::uint64_t level = 0; splits[0].end - splits[0].first + 1 > kLeafMax; ++level) {
    splits = cut(order, splits, mixed(static_cast<std::uint32_t>(seed * 64 + level)) * std::uint64_t{1} << 20,
                 threads, side);
  }
  return splits;
}

}  // namespace

std::vector<std::uint32_t> order_by_nearness(const Coder& coder, const std::uint8_t* codes,
                                             std::size_t count, DotsFn dots, std::uint32_t threads) {
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0u);
  if (count < 2) return order;
  struct Worker {
    Aligned<std::int8_t> a, b;
    std::vector<const std::uint8_t*> rows;
    std::vector<std::int32_t> to_a, to_b;
  };
  std::vector<Worker> workers(threads);
  const std::size_t bytes = coder.bytes();
  grow_tree(order, 0, threads,
            [&](std::size_t worker, std::uint32_t a, std::uint32_t b, std::span<const std::uint32_t> part,
                std::vector<Candidate>& into) {
              Worker& mine = workers[worker];
              const std::int32_t bias_a = coder.as_query(codes + a * bytes, mine.a.sized(bytes));
              const std::int32_t bias_b = coder.as_query(codes + b * bytes, mine.b.sized(bytes));
              mine.rows.clear();
              for (const std::uint32_t one : part) mine.rows.push_back(codes + one * bytes);
              mine.to_a.resize(part.size());
              mine.to_b.resize(part.size());
              dots(mine.a.data(), mine.rows.data(), part.size(), bytes, mine.to_a.data());
              dots(mine.b.data(), mine.rows.data(), part.size(), bytes, mine.to_b.data());
              for (std::size_t i = 0; i < part.size(); ++i) {
                const std::int32_t nearer = (mine.to_a[i] - bias_a) - (mine.to_b[i] - bias_b);
                into.push_back({-static_cast<float>(nearer), part[i]});
              }
            });
  return order;
}

Bulk::Bulk(const Net& net, SlotArray<std::uint32_t>& edges, const BulkOptions& options,
           const Progress& progress)
    : net_(net),
      edges_(edges),
      options_(options),
      progress_(progress),
      count_(net.rows.slots()),
      tree_near_(net.rules[0].near),
      workers_(options.threads),
      neighbours_(count_ * kNeighbours, Candidate{0, kNobody}),
      chosen_(edges.width()) {
  chosen_.reserve(count_);
  while (chosen_.capacity() < count_) chosen_.append(chosen_.make_chunk());
}

template <class Work>
void Bulk::for_all(double share, Work work) {
  const double before = done_;
  parallel(
      options_.threads, count_, kGrain,
      [&](std::size_t worker, std::size_t first, std::size_t end) {
        for (std::size_t slot = first; slot < end; ++slot) {
          work(workers_[worker], static_cast<std::uint32_t>(slot));
        }
      },
      [&](std::size_t begun, std::size_t all) {
        if (progress_) progress_(before + share * static_cast<double>(begun) / static_cast<double>(all));
      });
  done_ = before + share;
}

void Bulk::run() {
  for (std::size_t tree = 0; tree < kTrees; ++tree) {
    std::vector<std::uint32_t> order(count_);
    std::iota(order.begin(), order.end(), 0u);
    const auto side = [&](std::size_t worker, std::uint32_t a, std::uint32_t b,
                          std::span<const std::uint32_t> part, std::vector<Candidate>& into) {
      Pruner& pruner = workers_[worker].pruner;
      Viewpoint& view = workers_[worker].view;
      std::vector<Candidate> other;
      view.set(net_, a);
      pruner.look_from(net_, view, tree_near_);
      pruner.far(net_, part, into);
      view.set(net_, b);
      pruner.far(net_, part, other);
      for (std::size_t i = 0; i < into.size(); ++i) into[i].far -= other[i].far;
    };
    // The first tree is the slots' own order.
    const std::vector<Split> leaves = grow_tree(order, tree + 1, options_.threads, side);
    parallel(
        options_.threads, leaves.size(), 4,
        [&](std::size_t worker, std::size_t first, std::size_t end) {
          for (std::size_t i = first; i < end; ++i) {
            meet_all(workers_[worker], {order.data() + leaves[i].first, leaves[i].end - leaves[i].first});
          }
        },
        [](std::size_t, std::size_t) {});
    done_ += 0.1 / kTrees;
    if (progress_) progress_(done_);
  }
  take_neighbours();
  const double share = 0.9 / static_cast<double>(kPasses * net_.rules.size());
  for (std::size_t pass = 0; pass < kPasses; ++pass) {
    for (const EdgeRule& rule : net_.rules) {
      const std::uint32_t beam = pass + 1 < kPasses ? options_.beam / 2 : options_.beam;
      for_all(share * 0.8, [&](Worker& worker, std::uint32_t slot) { choose_for(worker, rule, beam, slot); });
      offer_back(rule);
      done_ += share * 0.2;
    }
  }
}

// Everybody in the leaf keeps the nearest of it, with those of earlier trees.
void Bulk::meet_all(Worker& worker, std::span<const std::uint32_t> leaf) {
  for (const std::uint32_t slot : leaf) {
    worker.view.set(net_, slot);
    worker.pruner.look_from(net_, worker.view, tree_near_);
    worker.candidates.clear();
    worker.pruner.far(net_, leaf, worker.candidates);
    Candidate* const mine = neighbours_.data() + std::size_t{slot} * kNeighbours;
    for (const Candidate& other : worker.candidates) {
      Candidate* const last = mine + kNeighbours - 1;
      if (other.slot == slot || (last->slot != kNobody && !Nearer{}(other, *last))) continue;
      const auto same = [&](const Candidate& one) { return one.slot == other.slot; };
      if (std::any_of(mine, mine + kNeighbours, same)) continue;
      Candidate* at = last;
      for (; at > mine && (at[-1].slot == kNobody || Nearer{}(other, at[-1])); --at) *at = at[-1];
      *at = other;
    }
  }
}

// The graph to begin with.
void Bulk::take_neighbours() {
  for (std::uint32_t slot = 0; slot < count_; ++slot) {
    std::uint32_t* edges = edges_.at(slot);
    std::fill_n(edges, edges_.width(), kNobody);
    const Candidate* mine = neighbours_.data() + std::size_t{slot} * kNeighbours;
    const std::uint32_t places = std::min<std::uint32_t>(net_.rules[0].count, kNeighbours);
    for (std::uint32_t i = 0; i < places; ++i) edges[i] = mine[i].slot;
  }
  neighbours_ = {};
}

// From all that a walk meets, and from the edges there are.
void Bulk::choose_for(Worker& worker, const EdgeRule& rule, std::uint32_t beam, std::uint32_t slot) {
  worker.view.set(net_, slot);
  worker.pruner.look_from(net_, worker.view, rule.near);
  worker.walk.run(net_, worker.view.probe(net_, rule.near), beam);
  const Pool& pool = worker.walk.pool();
  worker.seen.reset(count_);
  worker.seen.add(slot);
  worker.others.clear();
  for (std::size_t i = 0; i < pool.size(); ++i) {
    if (worker.seen.add(Pool::slot_of(pool[i]))) worker.others.push_back(Pool::slot_of(pool[i]));
  }
  for (const std::uint32_t edge : net_.edges_of(slot, rule)) {
    if (edge == kNobody) break;
    if (worker.seen.add(edge)) worker.others.push_back(edge);
  }
  worker.candidates.clear();
  worker.pruner.far(net_, worker.others, worker.candidates);
  std::sort(worker.candidates.begin(), worker.candidates.end(), Nearer{});
  worker.pruner.prune(net_, worker.candidates, rule.count, worker.kept);
  put_edges(chosen_, slot, rule, worker.kept);
}

void Bulk::offer_back(const EdgeRule& rule) {
  const auto chosen = [&](std::uint32_t slot) {
    return std::span<const std::uint32_t>(chosen_.at(slot) + rule.first, rule.count);
  };
  // Who chose whom, ordered by the chosen, then by the one who chose.
  std::vector<std::size_t> begin(std::size_t{count_} + 1, 0);
  for (std::uint32_t slot = 0; slot < count_; ++slot) {
    for (const std::uint32_t other : chosen(slot)) {
      if (other == kNobody) break;
      ++begin[other + 1];
    }
  }
  std::partial_sum(begin.begin(), begin.end(), begin.begin());
  std::vector<std::uint32_t> back(begin.back());
  std::vector<std::size_t> next(begin.begin(), begin.end() - 1);
  for (std::uint32_t slot = 0; slot < count_; ++slot) {
    for (const std::uint32_t other : chosen(slot)) {
      if (other == kNobody) break;
      back[next[other]++] = slot;
    }
  }
  for_all(0, [&](Worker& worker, std::uint32_t slot) {
    merge_for(worker, rule, slot, {back.data() + begin[slot], begin[slot + 1] - begin[slot]});
  });
}

void Bulk::merge_for(Worker& worker, const EdgeRule& rule, std::uint32_t slot,
                     std::span<const std::uint32_t> back) {
  worker.seen.reset(count_);
  worker.seen.add(slot);
  worker.others.clear();
  const auto add = [&](std::uint32_t other) {
    if (worker.seen.add(other)) worker.others.push_back(other);
  };
  for (std::uint32_t i = 0; i < rule.count; ++i) {
    const std::uint32_t other = chosen_.at(slot)[rule.first + i];
    if (other == kNobody) break;
    add(other);
  }
  for (const std::uint32_t other : back) add(other);
  worker.view.set(net_, slot);
  worker.pruner.look_from(net_, worker.view, rule.near);
  worker.candidates.clear();
  worker.pruner.far(net_, worker.others, worker.candidates);
  std::sort(worker.candidates.begin(), worker.candidates.end(), Nearer{});
  if (worker.candidates.size() > kBackMax) worker.candidates.resize(kBackMax);
  worker.pruner.prune_and_fill(net_, worker.candidates, rule.count, worker.kept);
  put_edges(edges_, slot, rule, worker.kept);
}

void Bulk::put_edges(SlotArray<std::uint32_t>& edges, std::uint32_t slot, const EdgeRule& rule,
                     std::span<const Candidate> chosen) {
  std::uint32_t* places = edges.at(slot) + rule.first;
  for (std::size_t i = 0; i < chosen.size(); ++i) places[i] = chosen[i].slot;
  std::fill(places + chosen.size(), places + rule.count, kNobody);
}

}  // namespace vitrine
