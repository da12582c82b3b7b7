// The search of a graph, for building it and for answering: best first, with a beam.
#pragma once

#include <algorithm>

#include "index/graph.h"
#include "index/plan.h"

namespace vitrine {

// Entry points a walk begins from. More than one: the nearest may lie in a corner without a way out.
inline constexpr std::size_t kSeeds = 8;

// For a heap with the best on top.
struct Worse {
  bool operator()(const Hit& a, const Hit& b) const noexcept { return Better{}(b, a); }
};

inline void prefetch_row(const float* row, std::size_t floats) noexcept {
  for (std::size_t at = 0; at < floats; at += kCacheLine / sizeof(float)) __builtin_prefetch(row + at);
}

template <class Score, class KeyOf>
bool GraphIndex::walk(Scratch& scratch, std::size_t beam, std::uint64_t looks_max, Score score,
                      KeyOf key_of) const {
  auto& [visited, frontier, near, seeds, found] = scratch;
  visited.reset(std::size_t{rows_.slots()} + 1);
  frontier.clear();
  found.reset(beam);
  const auto meet = [&](Hit hit) {
    if (found.full() && hit.score <= found.floor()) return;
    frontier.push_back(hit);
    std::push_heap(frontier.begin(), frontier.end(), Worse{});
    const std::uint32_t key = key_of(hit.key);
    if (key != kNone) found.offer({hit.score, key});
  };

  seeds.reset(kSeeds);
  for (const std::uint32_t entry : entries_) seeds.offer({score(entry), entry});
  for (const Hit& seed : seeds.sorted()) {
    visited.add(seed.key);
    meet(seed);
  }
  while (!frontier.empty()) {
    const Hit best = frontier.front();
    if (found.full() && best.score < found.floor()) break;
    std::pop_heap(frontier.begin(), frontier.end(), Worse{});
    frontier.pop_back();
    // First all that must come from memory is asked for, then it is used.
    near.clear();
    for (const EdgeRule& rule : rules_) {
      for (const std::uint32_t slot : edges(best.key, rule)) {
        if (slot == kNone) break;
        if (!visited.add(slot)) continue;
        prefetch_row(rows_.row(slot), rows_.stride());
        near.push_back(slot);
      }
    }
    if (walk_is_lost(visited.size(), looks_max)) return false;
    for (const std::uint32_t slot : near) meet({score(slot), slot});
  }
  return true;
}

}  // namespace vitrine
