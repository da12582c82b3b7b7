#include "index/graph_walk.h"

#include <algorithm>

namespace vitrine {

// Squared distances are a constant less what ranks are made of, so `ratio` times the k-th's distance is
// `ratio` times what its rank is made of, less a constant.
void Probe::limit(const Reach& reach, const CodedQuery& query) noexcept {
  if (reach.k == 0) return;
  ratio = reach.ratio;
  const double noise = query.spread;  // what codes cannot tell apart is as near
  if (near == Near::angle) {
    shift = (ratio - 1) * (query.bias + 1 / double{query.scale}) + noise / query.scale;
  } else {
    shift = (ratio - 1 + 2 * noise) * query.length * query.length;
  }
}

Rank Probe::cut(Rank kth) const noexcept {
  if (near == Near::angle) {
    const auto dot = static_cast<std::int32_t>(0x8000'0000u - kth);
    const double least = std::max(ratio * dot - shift, -2'147'483'647.0);
    return 0x8000'0000u - static_cast<std::uint32_t>(static_cast<std::int32_t>(least));
  }
  return rank_of(static_cast<float>(ratio * score_of(kth) - shift));
}

bool Walk::admitted_are_far(const CodedQuery& query, double ratio) const noexcept {
  if (seeds_.size() == 0 || probe_->near == Near::product) return true;
  Probe probe = *probe_;
  probe.limit({.most = 1, .k = 1, .ratio = ratio}, query);
  return Pool::rank_of(seeds_[0]) > probe.cut(Pool::rank_of(nearest_[0]));
}

void Walk::begin(const Net& net, const Probe& probe, const Reach& reach) {
  probe_ = &probe;
  reach_ = reach;
  steps_ = 0;
  visited_.reset(std::size_t{net.rows.slots()} + 1);
  pool_.reset(kSeeds, net.steps);
  seed(net);
  for (std::size_t i = 0; i < pool_.size(); ++i) visited_.add(Pool::slot_of(pool_[i]));
  pool_.widen(std::max(reach.most, kSeeds), std::max(reach.follow, kSeeds));
}

// Into the pool: the entries nearest to the probe.
void Walk::seed(const Net& net) {
  gather_entries(net);
  switch (probe_->near) {
    case Near::angle: return offer_gathered_by<Near::angle>(net);
    case Near::product: return offer_gathered_by<Near::product>(net);
    default: return offer_gathered_by<Near::distance>(net);
  }
}

// With their dots.
void Walk::gather_entries(const Net& net) {
  const std::span<const std::uint32_t> entries = net.entries.slots();
  gathered_ = entries.size();
  slots_ = entries.data();
  if (rows_.size() < gathered_) make_room(gathered_);
  net.dots(probe_->codes, net.entries.rows(), gathered_, net.codes.width(), dots_.data());
}

bool Walk::expand(const Net& net) {
  const std::uint32_t slot = pool_.follow();
  if (slot == Pool::kNobody) return false;
  prefetch_next(net);  // unless a better one is met now, its turn is next
  gather(net, slot);
  ++steps_;
  return true;
}

// Asks for the edges of the slot that would be followed now.
void Walk::prefetch_next(const Net& net) {
  const std::uint32_t next = pool_.peek();
  if (next != Pool::kNobody) prefetch_edges(net, next);
}

void Walk::prefetch_edges(const Net& net, std::uint32_t slot) const noexcept {
  const auto* edges = reinterpret_cast<const char*>(net.edges.at(slot));
  for (std::size_t at = 0; at < net.edges.width() * sizeof(std::uint32_t); at += kCacheLine) {
    __builtin_prefetch(edges + at);
  }
}

// Those not met before: the newest so many of `visited_`.
std::size_t Walk::mark_neighbours(const Net& net, std::uint32_t slot) {
  std::size_t fresh = 0;
  for (const EdgeRule& rule : net.rules) {
    const std::span<const std::uint32_t> edges = net.edges_of(slot, rule);
    fresh += visited_.add(net.steps, edges.data(), edges.size());
  }
  return fresh;
}

void Walk::gather(const Net& net, std::uint32_t slot) {
  gathered_ = mark_neighbours(net, slot);
  slots_ = visited_.newest(gathered_);
  if (rows_.size() < net.edges.width()) make_room(net.edges.width());
  for (std::size_t i = 0; i < gathered_; ++i) {
    rows_[i] = net.codes.row(slots_[i]);
    net.codes.prefetch(rows_[i]);
  }
  if (probe_->near == Near::angle) return;
  for (std::size_t i = 0; i < gathered_; ++i) net.rows.prefetch_length(slots_[i]);
}

void Walk::prefetch_codes(const Net& net, const Step& step, std::size_t first) const noexcept {
  for (std::size_t i = first; i < step.count; ++i) net.codes.prefetch(step.slots[i]);
  if (probe_->near == Near::angle) return;
  for (std::size_t i = first; i < step.count; ++i) net.rows.prefetch_length(step.slots[i]);
}

// As if it had been gathered now.
void Walk::take(const Net& net, const Step& step) {
  gathered_ = step.count;
  slots_ = step.slots.data();
  if (rows_.size() < gathered_) make_room(gathered_);
  for (std::size_t i = 0; i < gathered_; ++i) rows_[i] = net.codes.row(slots_[i]);
}

void Walk::make_room(std::size_t count) {
  rows_.resize(count);
  dots_.resize(count);
  ranks_.resize(count);
  nearer_.resize(count + kStepPad);
}

void Walk::meet(const Net& net) {
  net.dots(probe_->codes, rows_.data(), gathered_, net.codes.width(), dots_.data());
  switch (probe_->near) {
    case Near::angle: offer_gathered_by<Near::angle>(net); break;
    case Near::product: offer_gathered_by<Near::product>(net); break;
    default: offer_gathered_by<Near::distance>(net); break;
  }
  tighten();
  prefetch_next(net);
}

// What has come out of reach is not to be followed, nor held, but for what may have to be compared in the end.
void Walk::tighten(const Pool& nearest) noexcept {
  if (probe_->ratio == 0 || pool_.size() < reach_.least) return;
  const Rank least = Pool::rank_of(pool_[reach_.least - 1]) + 1;
  const Rank kth = Pool::rank_of(nearest[reach_.k - 1]);
  pool_.cut(std::max(least, probe_->cut(kth)), kKeptTimes * reach_.k);
}

template <Near kNear>
void Walk::offer_gathered_by(const Net& net) noexcept {
  rank_gathered_by<kNear>(net);
  std::uint64_t* const nearer = nearer_.data();
  const std::size_t count = net.steps.nearer(ranks_.data(), slots_, gathered_, pool_.worst(), nearer);
  for (std::size_t i = 0; i < count; ++i) {
    if (Pool::rank_of(nearer[i]) < pool_.worst()) pool_.offer(nearer[i]);
  }
}

void Walk::rank_gathered(const Net& net) {
  switch (probe_->near) {
    case Near::angle: return rank_gathered_by<Near::angle>(net);
    case Near::product: return rank_gathered_by<Near::product>(net);
    default: return rank_gathered_by<Near::distance>(net);
  }
}

template <Near kNear>
void Walk::rank_gathered_by(const Net& net) noexcept {
  for (std::size_t i = 0; i < gathered_; ++i) {
    const float length = kNear == Near::angle ? 1.0f : net.rows.length(slots_[i]);
    ranks_[i] = probe_->rank<kNear>(dots_[i], length);
  }
}

}  // namespace vitrine
