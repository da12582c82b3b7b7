#include "index/pruner.h"

#include <algorithm>

namespace vitrine {
namespace {

// A candidate is left out when a kept one is nearer to it than we are; in the second pass only when it
// is this much nearer (on squared distances). Longer edges shorten the walk.
constexpr float kSlack = 1.2f;

// Kept ones that a candidate is compared with at once.
constexpr std::size_t kTogether = 8;

bool is_hidden(Near near, float slack, float between, float far) noexcept {
  return near == Near::product ? between < far : slack * between <= far;
}

}  // namespace

void Viewpoint::set(const Net& net, std::uint32_t slot) {
  bias = net.codes.coder().as_query(net.codes.row(slot), codes.sized(net.codes.width()));
  length = net.rows.length(slot);
}

Probe Viewpoint::probe(const Net& net, Near near) const noexcept {
  return {.codes = codes.data(), .bias = bias, .unit = 2 * length * net.codes.coder().row_scale(),
          .near = near};
}

// angle: half the squared distance of the directions. product: minus the product. distance: the squared
// distance.
float Pruner::between(std::int32_t dot, std::int32_t bias, float a, float b) const noexcept {
  const float cosine = static_cast<float>(dot - bias) * scale_;
  if (near_ == Near::angle) return 1 - cosine;
  if (near_ == Near::product) return -cosine * a * b;
  return a * a + b * b - 2 * a * b * cosine;
}

float Pruner::far(const Net& net, std::uint32_t other) {
  const std::uint8_t* row = net.codes.row(other);
  std::int32_t dot;
  net.dots(view_->codes.data(), &row, 1, net.codes.width(), &dot);
  return between(dot, view_->bias, view_->length, net.rows.length(other));
}

void Pruner::far(const Net& net, std::span<const std::uint32_t> others, std::vector<Candidate>& into) {
  rows_.clear();
  for (const std::uint32_t other : others) {
    net.codes.prefetch(other);
    rows_.push_back(net.codes.row(other));
  }
  if (dots_.size() < others.size()) dots_.resize(others.size());
  net.dots(view_->codes.data(), rows_.data(), rows_.size(), net.codes.width(), dots_.data());
  for (std::size_t i = 0; i < others.size(); ++i) {
    const float length = near_ == Near::angle ? 1 : net.rows.length(others[i]);
    into.push_back({between(dots_[i], view_->bias, view_->length, length), others[i]});
  }
}

bool Pruner::hides(const Net& net, std::span<const std::uint32_t> kept, const Candidate& candidate) {
  other_.set(net, candidate.slot);
  const std::uint8_t* rows[kTogether];
  std::int32_t dots[kTogether];
  for (std::size_t checked = 0; checked < kept.size(); checked += kTogether) {
    const std::size_t count = std::min(kTogether, kept.size() - checked);
    for (std::size_t i = 0; i < count; ++i) rows[i] = net.codes.row(kept[checked + i]);
    net.dots(other_.codes.data(), rows, count, net.codes.width(), dots);
    for (std::size_t i = 0; i < count; ++i) {
      const float away = between(dots[i], other_.bias, other_.length, net.rows.length(kept[checked + i]));
      if (is_hidden(near_, 1.0f, away, candidate.far)) return true;
    }
  }
  return false;
}

// Cheaper than choosing anew: the added one against each edge, not all against all.
bool Pruner::replace(const Net& net, std::vector<std::uint32_t>& edges, std::vector<bool>& lost,
                     const Candidate& added, const Viewpoint& view, bool thorough) {
  ours_.clear();
  far(net, edges, ours_);
  net.dots(view.codes.data(), rows_.data(), edges.size(), net.codes.width(), dots_.data());
  const std::size_t nobody = edges.size();
  std::size_t farthest = nobody;
  std::size_t farthest_hidden = nobody;
  std::size_t nearest_lost = nobody;
  float least_away = 0;
  const auto farther = [&](std::size_t a, std::size_t b) { return b == nobody || ours_[a].far > ours_[b].far; };
  for (std::size_t i = 0; i < edges.size(); ++i) {
    const float length = near_ == Near::angle ? 1 : net.rows.length(edges[i]);
    const float away = between(dots_[i], view.bias, view.length, length);
    if (lost[i]) {  // hides nobody; who lies where it lay takes its place
      if (nearest_lost == nobody || away < least_away) {
        nearest_lost = i;
        least_away = away;
      }
      continue;
    }
    if (Nearer{}(ours_[i], added)) {
      if (is_hidden(near_, kSlack, away, added.far)) return false;
      continue;
    }
    if (farther(i, farthest)) farthest = i;
    if (is_hidden(near_, 1.0f, away, ours_[i].far) && farther(i, farthest_hidden)) farthest_hidden = i;
  }
  for (const std::size_t way : {nearest_lost, farthest_hidden, farthest}) {
    if (way == nobody) continue;
    edges[way] = added.slot;
    lost[way] = false;
    return true;
  }
  if (!thorough) return false;
  // The farthest of all, in a direction of its own. Perhaps the others hide each other.
  ours_.push_back(added);
  std::sort(ours_.begin(), ours_.end(), Nearer{});
  prune(net, ours_, nobody, chosen_);
  edges.clear();
  for (const Candidate& one : chosen_) edges.push_back(one.slot);
  lost.assign(edges.size(), false);
  return true;
}

void Pruner::prune(const Net& net, std::span<const Candidate> sorted, std::size_t limit,
                   std::vector<Candidate>& kept) {
  kept.clear();
  fates_.assign(sorted.size(), Fate::open);
  left_.clear();
  rows_.clear();
  for (std::uint32_t i = 0; i < sorted.size(); ++i) {
    left_.push_back({sorted[i].far, i});
    rows_.push_back(net.codes.row(sorted[i].slot));
  }
  if (dots_.size() < left_.size()) dots_.resize(left_.size());
  // First those that nobody hides, then those that nobody hides by that much.
  for (const Fate worst : {Fate::open, Fate::hidden}) {
    for (std::uint32_t i = 0; i < sorted.size() && kept.size() < limit; ++i) {
      if (fates_[i] > worst) continue;
      kept.push_back(sorted[i]);
      fates_[i] = Fate::kept;
      if (kept.size() < limit) hide_behind(net, sorted, i);
    }
    if (near_ == Near::product) return;  // knows no slack
  }
}

// Notes who is better reached by way of the kept candidate `by`.
void Pruner::hide_behind(const Net& net, std::span<const Candidate> sorted, std::uint32_t by) {
  other_.set(net, sorted[by].slot);
  net.dots(other_.codes.data(), rows_.data(), left_.size(), net.codes.width(), dots_.data());
  std::size_t stay = 0;
  for (std::size_t at = 0; at < left_.size(); ++at) {  // no branch to guess
    const Left one = left_[at];
    const float length = near_ == Near::angle ? 1 : net.rows.length(sorted[one.number].slot);
    const float away = between(dots_[at], other_.bias, other_.length, length);
    const bool hidden = is_hidden(near_, 1.0f, away, one.far);
    const bool gone = hidden & is_hidden(near_, kSlack, away, one.far);
    fates_[one.number] = std::max(fates_[one.number], static_cast<Fate>(hidden + gone));
    left_[stay] = one;
    rows_[stay] = rows_[at];
    stay += !gone & (one.number != by);
  }
  left_.resize(stay);
  rows_.resize(stay);
}

void Pruner::prune_and_fill(const Net& net, std::span<const Candidate> sorted, std::size_t limit,
                            std::vector<Candidate>& kept) {
  kept.clear();
  fates_.assign(sorted.size(), Fate::open);
  if (sorted.size() > limit) prune(net, sorted, limit, kept);
  for (std::size_t i = 0; i < sorted.size() && kept.size() < limit; ++i) {
    if (fates_[i] != Fate::kept) kept.push_back(sorted[i]);
  }
}

}  // namespace vitrine
