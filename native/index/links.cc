#include "index/links.h"

#include <algorithm>

#include "core/parallel.h"

namespace vitrine {
namespace {

// Pieces of work: large enough for a thread to be worth it.
constexpr std::size_t kSeekersTogether = 8;
constexpr std::size_t kTargetsTogether = 64;

constexpr std::size_t kEdgesAhead = 4;

// Where time counts, the last of a vector's edges, beyond this share of its places, ask for none back: they are
// those that others nearly hide. Not where there are two groups of edges: each has half the places.
constexpr std::size_t asking(const EdgeRule& rule, const Net& net, bool thorough) noexcept {
  return thorough || net.rules.size() > 1 ? rule.count : rule.count - rule.count / 6;
}

void prefetch_edges(std::span<const std::uint32_t> edges) noexcept {
  constexpr std::size_t kLine = kCacheLine / sizeof(std::uint32_t);
  for (std::size_t at = 0; at < edges.size(); at += kLine) __builtin_prefetch(edges.data() + at);
}

}  // namespace

void Links::plan(const Net& net, const SlotStates& states, std::span<const std::uint32_t> slots,
                 const Care& care, std::uint32_t threads, std::vector<EdgeChanges>& changes) {
  net_ = &net;
  states_ = &states;
  care_ = care;
  threads_ = static_cast<std::uint32_t>(
      std::clamp<std::size_t>(slots.size() / kSeekersTogether, 1, threads));
  if (workers_.size() < threads_) workers_.resize(threads_);
  if (changes.size() < threads_) changes.resize(threads_);
  if (seekers_.size() < slots.size()) seekers_.resize(slots.size());
  slots_ = slots;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    seekers_[i].slot = slots[i];
    seekers_[i].view.set(net, slots[i]);
  }
  for (const EdgeRule& rule : net.rules) plan_rule(rule, changes);
}

void Links::plan_rule(const EdgeRule& rule, std::vector<EdgeChanges>& changes) {
  const auto silent = [](std::size_t, std::size_t) {};
  const auto target = [&](std::size_t i) { return offers_[targets_[i]].to; };
  parallel(
      threads_, slots_.size(), kSeekersTogether,
      [&](std::size_t worker, std::size_t first, std::size_t end) {
        choose_some(workers_[worker], rule, first, end);
      },
      silent);
  gather_offers(asking(rule, *net_, care_.thorough));
  parallel(
      threads_, targets_.size() - 1, kTargetsTogether,
      [&](std::size_t worker, std::size_t first, std::size_t end) {
        for (std::size_t i = first; i < end; ++i) {
          // What the next ones will read is on its way: edges first, then the codes of those they lead to.
          if (i + kEdgesAhead < end) prefetch_edges(net_->edges_of(target(i + kEdgesAhead), rule));
          if (i + 1 < end) {
            for (const std::uint32_t edge : net_->edges_of(target(i + 1), rule)) {
              if (edge != kNone) net_->codes.prefetch(edge);
            }
          }
          weave(workers_[worker], rule, {offers_.data() + targets_[i], targets_[i + 1] - targets_[i]},
                changes[worker]);
        }
      },
      silent);
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    fill(seekers_[i], std::min<std::size_t>(rule.count, seekers_[i].chosen.size() * 3 / 2));
    changes[0].add(seekers_[i].slot, rule, seekers_[i].edges);
  }
}

// An edge to one of the nearest is better than none; but it asks for none back. Where few were chosen,
// vectors lie in bundles, and more edges only cost time.
void Links::fill(Seeker& seeker, std::size_t places) const {
  std::vector<std::uint32_t>& edges = seeker.edges;
  for (const Candidate& one : seeker.nearest) {
    if (edges.size() >= places) return;
    if (std::find(edges.begin(), edges.end(), one.slot) == edges.end()) edges.push_back(one.slot);
  }
}

void Links::choose_some(Worker& worker, const EdgeRule& rule, std::size_t first, std::size_t end) {
  struct Turn {
    Walk* walk;
    Seeker* seeker;
  };
  std::array<Turn, std::tuple_size_v<decltype(Worker::walks)>> turns;
  std::size_t next = first;
  const auto begin = [&](Turn& turn) {
    for (; next < end; choose(worker, rule, *turn.seeker, turn.walk->pool())) {
      turn.seeker = &seekers_[next++];
      turn.seeker->probe = turn.seeker->view.probe(*net_, rule.near);
      turn.walk->begin(*net_, turn.seeker->probe, care_.reach);
      if (turn.walk->expand(*net_)) return true;
    }
    return false;
  };
  std::size_t busy = 0;
  for (Walk& walk : worker.walks) {
    turns[busy].walk = &walk;
    if (!begin(turns[busy])) break;
    ++busy;
  }
  while (busy > 0) {
    for (std::size_t i = 0; i < busy;) {
      turns[i].walk->meet(*net_);
      if (turns[i].walk->expand(*net_)) {
        ++i;
        continue;
      }
      choose(worker, rule, *turns[i].seeker, turns[i].walk->pool());
      if (begin(turns[i])) {
        ++i;
      } else {
        turns[i] = turns[--busy];
      }
    }
  }
}

// From all that the walk has met, the edges there are, and those who come at the same time.
void Links::choose(Worker& worker, const EdgeRule& rule, Seeker& seeker, const Pool& met) {
  worker.seen.reset(std::size_t{net_->rows.capacity()});
  worker.seen.add(seeker.slot);
  worker.others.clear();
  const auto consider = [&](std::uint32_t other) {
    if (state_of(*states_, other) == SlotState::live && worker.seen.add(other)) worker.others.push_back(other);
  };
  for (std::size_t i = 0; i < met.size(); ++i) consider(Pool::slot_of(met[i]));
  if (state_of(*states_, seeker.slot) == SlotState::live) {  // else its edges are of who was here before
    for (const std::uint32_t edge : net_->edges_of(seeker.slot, rule)) {
      if (edge == kNone) break;
      consider(edge);
    }
  }
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (worker.seen.add(seekers_[i].slot)) worker.others.push_back(seekers_[i].slot);
  }
  worker.candidates.clear();
  worker.pruner.look_from(*net_, seeker.view, rule.near);
  worker.pruner.far(*net_, worker.others, worker.candidates);
  // Those that come with it are as many as all others. Edges there are, though, are never left out.
  const std::size_t most = care_.reach.most;
  if (state_of(*states_, seeker.slot) != SlotState::live && worker.candidates.size() > most) {
    const auto end = worker.candidates.begin() + static_cast<std::ptrdiff_t>(most);
    std::nth_element(worker.candidates.begin(), end, worker.candidates.end(), Nearer{});
    worker.candidates.resize(most);
  }
  std::sort(worker.candidates.begin(), worker.candidates.end(), Nearer{});
  worker.pruner.prune(*net_, worker.candidates, rule.count, seeker.chosen);
  const std::size_t nearest = std::min<std::size_t>(worker.candidates.size(), 2 * std::size_t{rule.count});
  seeker.nearest.assign(worker.candidates.begin(),
                        worker.candidates.begin() + static_cast<std::ptrdiff_t>(nearest));
  seeker.edges.clear();
  for (const Candidate& one : seeker.chosen) seeker.edges.push_back(one.slot);
}

// Ordered by whom they are made to, then by who makes them.
void Links::gather_offers(std::size_t most) {
  offers_.clear();
  for (std::uint32_t i = 0; i < slots_.size(); ++i) {
    const std::span<const Candidate> chosen = seekers_[i].chosen;
    for (const Candidate& one : chosen.first(std::min(most, chosen.size()))) {
      offers_.push_back({one.slot, i, one.far});
    }
  }
  std::sort(offers_.begin(), offers_.end(), [](const Offer& a, const Offer& b) {
    return a.to < b.to || (a.to == b.to && a.from < b.from);
  });
  targets_.clear();
  for (std::size_t i = 0; i < offers_.size(); ++i) {
    if (i == 0 || offers_[i].to != offers_[i - 1].to) targets_.push_back(i);
  }
  targets_.push_back(offers_.size());
}

// All of `offers` are to one slot.
void Links::weave(Worker& worker, const EdgeRule& rule, std::span<const Offer> offers,
                  EdgeChanges& changes) {
  const std::uint32_t slot = offers[0].to;
  Seeker* const seeker = seeker_of(slot);
  std::vector<std::uint32_t>& edges = seeker != nullptr ? seeker->edges : worker.kept;
  if (seeker == nullptr) {
    edges.clear();
    for (const std::uint32_t edge : net_->edges_of(slot, rule)) {
      if (edge == kNone) break;
      edges.push_back(edge);
    }
  }
  worker.lost.clear();
  for (const std::uint32_t edge : edges) worker.lost.push_back(!may_stay(edge));
  bool changed = false;
  bool looking = false;
  for (const Offer& offer : offers) {
    const Seeker& from = seekers_[offer.from];
    if (std::find(edges.begin(), edges.end(), from.slot) != edges.end()) continue;
    if (edges.size() < rule.count) {
      edges.push_back(from.slot);
      worker.lost.push_back(false);
      changed = true;
      continue;
    }
    if (!looking) {
      worker.view.set(*net_, slot);
      worker.pruner.look_from(*net_, worker.view, rule.near);
      looking = true;
    }
    changed |= worker.pruner.replace(*net_, edges, worker.lost, {offer.far, from.slot}, from.view,
                                     care_.thorough);
  }
  if (changed && seeker == nullptr) changes.add(slot, rule, edges);
}

Links::Seeker* Links::seeker_of(std::uint32_t slot) noexcept {
  const auto at = std::find(slots_.begin(), slots_.end(), slot);
  return at == slots_.end() ? nullptr : &seekers_[static_cast<std::size_t>(at - slots_.begin())];
}

// Edges to the dead give way first.
bool Links::may_stay(std::uint32_t slot) noexcept {
  const SlotState state = state_of(*states_, slot);
  return state == SlotState::live || (state == SlotState::free && seeker_of(slot) != nullptr);
}

}  // namespace vitrine
