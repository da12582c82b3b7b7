// Scan or graph: pure decisions, made from counts alone, and why.
//
// Costs are nanoseconds of one core, fitted to measurements (README.md): what counts is which of two is
// less. A walk follows about one vector for each place of its beam, and for each that a filter admits all
// the others that lie between; a scan compares with all that may be returned.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace vitrine {

enum class Plan : std::uint8_t { scan_all, scan_matches, graph };

enum class Why : std::uint8_t {
  exact_index,    // there is no graph
  few_vectors,    // comparing with all costs less than the shortest walk
  few_matches,    // comparing with all that match does
  rare_here,      // so few of the vectors near the query match that a walk would meet too many others
  far_from_here,  // fewer near the query match than elsewhere: a graph leads to the near ones only
  enough_here,    // a walk costs less
  lost,           // a walk had cost what the scan does
};

inline constexpr std::array<std::string_view, 3> kPlanNames = {"scan all", "scan matches", "graph"};
inline constexpr std::array<std::string_view, 7> kWhyNames = {
    "the index is exact",
    "comparing with every vector costs less than a walk",
    "comparing with every match costs less than a walk",
    "too few vectors near the query match",
    "the matches lie elsewhere than the query",
    "a walk costs less than comparing with every match",
    "a walk had cost as much as comparing with every match",
};

// Vectors near a query that were looked at, and how many of them may be returned.
struct Nearby {
  std::uint32_t seen = 0;
  std::uint32_t admitted = 0;
};

struct Question {
  std::uint64_t vectors = 0;  // held
  std::uint64_t matches = 0;  // that may be returned, at most `vectors`; an upper bound
  std::uint32_t k = 0;
  std::uint32_t beam = 0;  // at least k
  std::uint32_t dim = 0;
  Nearby nearby = {};  // nothing seen: not known yet
};

struct Choice {
  Plan plan;
  Why why;
  double scan_ns;
  double graph_ns;
};

// A step of a walk: a vector is followed, and those of its neighbours that are new are compared.
inline constexpr double kStepNs = 280, kStepValueNs = 0.3;  // a value: one of `dim`
// Before the first step, beyond what a scan begins with: the table of entries is compared.
inline constexpr double kWalkNs = 5000, kWalkValueNs = 30;
// A vector of a scan: in the order they lie, or looked up by its id.
inline constexpr double kRowNs = 4, kRowValueNs = 0.06;
inline constexpr double kMatchNs = 5, kMatchValueNs = 0.09;

// From this share of all on, matches are met on the way through all the vectors.
inline constexpr double kManyShare = 0.75;
// What is seen near a query is taken together with as many vectors of the average share.
inline constexpr double kDoubt = 8;
// Matches are elsewhere when so many were seen near the query, and of these so much fewer match than of all.
inline constexpr std::uint32_t kSeenEnough = 32;
inline constexpr double kElsewhere = 0.25;

constexpr double step_ns(std::uint32_t dim) noexcept { return kStepNs + kStepValueNs * dim; }

// Which of the two scans, where it is one.
constexpr Plan scan_plan(const Question& q) noexcept {
  const bool many = static_cast<double>(q.matches) >= kManyShare * static_cast<double>(q.vectors);
  return many ? Plan::scan_all : Plan::scan_matches;
}

constexpr double scan_ns(const Question& q) noexcept {
  const bool all = scan_plan(q) == Plan::scan_all;
  const double row = all ? kRowNs + kRowValueNs * q.dim : kMatchNs + kMatchValueNs * q.dim;
  return row * static_cast<double>(all ? q.vectors : q.matches);
}

// `share`: of the vectors that a walk meets, those that may be returned.
constexpr double graph_ns(const Question& q, double share) noexcept {
  const auto all = static_cast<double>(q.vectors);
  const double steps = share * all > q.beam ? q.beam / share : all;
  return kWalkNs + kWalkValueNs * q.dim + step_ns(q.dim) * steps;
}

constexpr double share_of_all(const Question& q) noexcept {
  return q.vectors == 0 ? 0 : static_cast<double>(q.matches) / static_cast<double>(q.vectors);
}

// Share of matches among the vectors near the query: between what was seen there and the average.
constexpr double share_here(const Question& q) noexcept {
  return (q.nearby.admitted + kDoubt * share_of_all(q)) / (q.nearby.seen + kDoubt);
}

constexpr bool is_elsewhere(const Question& q) noexcept {
  return q.nearby.seen >= kSeenEnough &&
         q.nearby.admitted < kElsewhere * share_of_all(q) * q.nearby.seen;
}

// What to do, with what is known by now.
constexpr Choice choose(const Question& q) noexcept {
  const Plan scan = scan_plan(q);
  const bool all = scan == Plan::scan_all;
  const double scanned = scan_ns(q);
  const double walked = graph_ns(q, share_here(q));
  // At best all that a walk meets may be returned.
  if (q.matches <= q.k || scanned <= graph_ns(q, 1)) {
    return {scan, all ? Why::few_vectors : Why::few_matches, scanned, walked};
  }
  if (is_elsewhere(q)) return {scan, Why::far_from_here, scanned, walked};
  if (scanned <= walked) return {scan, Why::rare_here, scanned, walked};
  return {Plan::graph, Why::enough_here, scanned, walked};
}

// Steps after which a walk has cost what the scan would have: it ends there, and the scan is made after
// all. So no search costs much more than twice the scan, however badly matches lie for the graph.
constexpr std::uint64_t steps_max(const Question& q) noexcept {
  return static_cast<std::uint64_t>(scan_ns(q) / step_ns(q.dim)) + 1;
}

}  // namespace vitrine
