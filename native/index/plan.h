// Scan or graph: pure decisions, made from counts alone.
#pragma once

#include <cstdint>

namespace vitrine {

// Vectors a graph search looks at for each place of its beam: 20 to 27 measured on 331,479 x 100.
inline constexpr std::uint64_t kLooksPerPlace = 25;

// What a look costs, in vectors that a scan passes: a walk's come from anywhere, a scan's in a row.
inline constexpr std::uint64_t kLookCost = 2;

// Whether comparing with all `matches` (vectors that may be returned) is cheaper than walking the
// graph of `vectors`: the rarer the matches, the more others a walk meets on its way to them.
constexpr bool scan_is_cheaper(std::uint64_t matches, std::uint64_t vectors,
                               std::uint64_t beam) noexcept {
  if (matches == 0) return true;
  return matches <= kLookCost * kLooksPerPlace * beam * vectors / matches;
}

// Looks after which a walk has cost more than the scan would have: it ends there, and the scan is made
// after all. So no search costs much more than twice the scan, however badly matches lie for the graph.
constexpr std::uint64_t looks_max(std::uint64_t matches) noexcept { return matches / kLookCost; }

}  // namespace vitrine
