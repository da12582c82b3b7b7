#include "index/detours.h"

#include <algorithm>

namespace vitrine {
namespace {

// Of a doomed vector's edges so many are looked at, the first: they lead to the nearest. All of them would
// cost four times as much and find no better ones.
constexpr std::size_t kBeyond = 8;

// A live vector that is left with fewer edges by the first rule looks for new ones.
constexpr std::size_t kEdgesMin = 3;

}  // namespace

void Detours::plan(const Net& net, const SlotStates& states, std::uint32_t slot) {
  const SlotState state = state_of(states, slot);
  if (state != SlotState::live && state != SlotState::dead) return;
  for (const EdgeRule& rule : net.rules) {
    const bool lost = plan_rule(net, states, slot, rule);
    if (lost && rule.first == 0 && kept_.size() < kEdgesMin && state == SlotState::live) {
      lonely_.push_back(slot);
    }
  }
}

// False where no edge leads to a doomed vector.
bool Detours::plan_rule(const Net& net, const SlotStates& states, std::uint32_t slot,
                        const EdgeRule& rule) {
  const std::span<const std::uint32_t> edges = net.edges_of(slot, rule);
  const auto doomed = [&](std::uint32_t edge) {
    return edge != kNone && state_of(states, edge) == SlotState::doomed;
  };
  if (std::none_of(edges.begin(), edges.end(), doomed)) return false;
  seen_.reset(net.rows.slots());
  seen_.add(slot);
  kept_.clear();
  for (const std::uint32_t edge : edges) {
    if (edge == kNone) break;
    if (!doomed(edge) && seen_.add(edge)) kept_.push_back(edge);
  }
  beyond_.clear();
  for (const std::uint32_t edge : edges) {
    if (!doomed(edge)) continue;
    const std::span<const std::uint32_t> nexts = net.edges_of(edge, rule);
    for (std::size_t i = 0; i < std::min(kBeyond, nexts.size()) && nexts[i] != kNone; ++i) {
      if (state_of(states, nexts[i]) == SlotState::live && seen_.add(nexts[i])) beyond_.push_back(nexts[i]);
    }
  }
  view_.set(net, slot);
  pruner_.look_from(net, view_, rule.near);
  candidates_.clear();
  pruner_.far(net, beyond_, candidates_);
  std::sort(candidates_.begin(), candidates_.end(), Nearer{});
  for (const Candidate& candidate : candidates_) {
    if (kept_.size() == rule.count) break;
    if (!pruner_.hides(net, kept_, candidate)) kept_.push_back(candidate.slot);
  }
  changes_.add(slot, rule, kept_);
  return true;
}

}  // namespace vitrine
