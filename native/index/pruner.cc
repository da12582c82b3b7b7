#include "index/pruner.h"

#include <algorithm>

namespace vitrine {
namespace {

// A candidate is left out when a kept one is nearer to it than we are; in the second pass only when it
// is this much nearer (on squared distances). Longer edges shorten the walk.
constexpr float kSlack = 1.2f;

// Kept ones that a candidate is compared with at once.
constexpr std::size_t kTogether = 8;
constexpr std::uint32_t kDead = 0xffff'ffff;

bool is_hidden(Near near, float slack, float between, float far) noexcept {
  return near == Near::product ? between < far : slack * between <= far;
}

}  // namespace

const Probe& Pruner::towards(const Net& net, Near near, std::uint32_t slot) {
  probe_.codes = self_.sized(net.codes.width());
  probe_.near = near;
  probe_.bias = net.codes.coder().as_query(net.codes.row(slot), self_.data());
  scale_ = net.codes.coder().row_scale();
  self_length_ = net.rows.length(slot);
  probe_.unit = 2 * self_length_ * scale_;
  return probe_;
}

// angle: half the squared distance of the directions. product: minus the product. distance: the squared
// distance.
float Pruner::between(Near near, std::int32_t dot, std::int32_t bias, float a, float b) const noexcept {
  const float cosine = static_cast<float>(dot - bias) * scale_;
  if (near == Near::angle) return 1 - cosine;
  if (near == Near::product) return -cosine * a * b;
  return a * a + b * b - 2 * a * b * cosine;
}

float Pruner::far(const Net& net, std::uint32_t other) {
  const std::uint8_t* row = net.codes.row(other);
  std::int32_t dot;
  net.dots(probe_.codes, &row, 1, net.codes.width(), &dot);
  return between(probe_.near, dot, probe_.bias, self_length_, net.rows.length(other));
}

void Pruner::far(const Net& net, std::span<const std::uint32_t> others, std::vector<Candidate>& into) {
  rows_.clear();
  for (const std::uint32_t other : others) {
    net.codes.prefetch(other);
    rows_.push_back(net.codes.row(other));
  }
  if (dots_.size() < others.size()) dots_.resize(others.size());
  net.dots(probe_.codes, rows_.data(), rows_.size(), net.codes.width(), dots_.data());
  for (std::size_t i = 0; i < others.size(); ++i) {
    const float length = net.rows.length(others[i]);
    into.push_back({between(probe_.near, dots_[i], probe_.bias, self_length_, length), others[i]});
  }
}

bool Pruner::hides(const Net& net, Near near, std::span<const std::uint32_t> kept,
                   const Candidate& candidate) {
  std::uint32_t checked = 0;
  return hidden(net, near, 1.0f, candidate, checked, kept);
}

// Goes on from `checked`, and moves it beyond those that do not hide the candidate; to kDead where one
// hides it with any slack.
bool Pruner::hidden(const Net& net, Near near, float slack, const Candidate& candidate,
                    std::uint32_t& checked, std::span<const std::uint32_t> kept) {
  if (checked >= kept.size()) return checked == kDead;
  const std::int32_t bias = net.codes.coder().as_query(net.codes.row(candidate.slot),
                                                       other_.sized(net.codes.width()));
  const float length = net.rows.length(candidate.slot);
  const std::uint8_t* rows[kTogether];
  std::int32_t dots[kTogether];
  while (checked < kept.size()) {
    const std::size_t count = std::min(kTogether, kept.size() - checked);
    for (std::size_t i = 0; i < count; ++i) rows[i] = net.codes.row(kept[checked + i]);
    net.dots(other_.data(), rows, count, net.codes.width(), dots);
    for (std::size_t i = 0; i < count; ++i) {
      const float away = between(near, dots[i], bias, length, net.rows.length(kept[checked + i]));
      if (!is_hidden(near, slack, away, candidate.far)) continue;
      const bool for_good = near == Near::product || is_hidden(near, kSlack, away, candidate.far);
      // With more slack it is not hidden by this one, nor by those before.
      checked = for_good ? kDead : checked + static_cast<std::uint32_t>(i) + 1;
      return true;
    }
    checked += static_cast<std::uint32_t>(count);
  }
  return false;
}

// Cheaper than choosing anew: the added one against each edge, not all against all.
bool Pruner::replace(const Net& net, Near near, std::vector<std::uint32_t>& edges,
                     const Candidate& added) {
  ours_.clear();
  far(net, edges, ours_);
  const std::int32_t bias = net.codes.coder().as_query(net.codes.row(added.slot),
                                                       other_.sized(net.codes.width()));
  const float length = net.rows.length(added.slot);
  net.dots(other_.data(), rows_.data(), edges.size(), net.codes.width(), dots_.data());
  const std::size_t nobody = edges.size();
  std::size_t farthest = nobody;
  std::size_t farthest_hidden = nobody;
  const auto farther = [&](std::size_t a, std::size_t b) { return b == nobody || ours_[a].far > ours_[b].far; };
  for (std::size_t i = 0; i < edges.size(); ++i) {
    const float away = between(near, dots_[i], bias, length, net.rows.length(edges[i]));
    if (Nearer{}(ours_[i], added)) {
      if (is_hidden(near, kSlack, away, added.far)) return false;
      continue;
    }
    if (farther(i, farthest)) farthest = i;
    if (is_hidden(near, 1.0f, away, ours_[i].far) && farther(i, farthest_hidden)) farthest_hidden = i;
  }
  if (farthest != nobody) {
    edges[farthest_hidden != nobody ? farthest_hidden : farthest] = added.slot;
    return true;
  }
  // The farthest of all, in a direction of its own. Perhaps the others hide each other.
  ours_.push_back(added);
  std::sort(ours_.begin(), ours_.end(), Nearer{});
  prune(net, near, ours_, nobody, edges);
  return true;
}

void Pruner::prune(const Net& net, Near near, std::span<const Candidate> sorted, std::size_t limit,
                   std::vector<std::uint32_t>& kept) {
  constexpr std::uint32_t kTaken = kDead - 1;
  kept.clear();
  checked_.assign(sorted.size(), 0);
  for (const float slack : {1.0f, kSlack}) {
    for (std::size_t i = 0; i < sorted.size() && kept.size() < limit; ++i) {
      if (checked_[i] >= kTaken) continue;
      if (hidden(net, near, slack, sorted[i], checked_[i], kept)) continue;
      kept.push_back(sorted[i].slot);
      checked_[i] = kTaken;
    }
    if (near == Near::product) return;  // knows no slack
  }
}

}  // namespace vitrine
