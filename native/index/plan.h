// Scan or graph: pure decisions, made from counts alone, and why.
//
// Costs are nanoseconds of one core, fitted to measurements (README.md): what counts is which of two is
// less. A walk follows about one vector for each place of its beam, and for each that a filter admits all
// the others that lie between; a scan compares with all that may be returned.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <string_view>

#include "distance/distance.h"

namespace vitrine {

enum class Plan : std::uint8_t { scan_all, scan_matches, graph };

enum class Why : std::uint8_t {
  exact_index,    // there is no graph
  few_vectors,    // comparing with all costs less than the shortest walk
  few_matches,    // comparing with all that match does
  rare_here,      // so few of the vectors near the query match that a walk would meet too many others
  far_from_here,  // they are so much farther than what is near that no edges lead from one to the other
  enough_here,    // a walk costs less
  lost,           // a walk had cost what the scan does
  few_together,   // so many queries share a scan that it costs each less than a walk
  long_first,     // inner product: so few vectors are long that a scan ends before a walk would
  long_ones_lost, // it did not
};

inline constexpr std::array<std::string_view, 3> kPlanNames = {"scan all", "scan matches", "graph"};
inline constexpr std::array<std::string_view, 10> kWhyNames = {
    "the index is exact",
    "comparing with every vector costs less than a walk",
    "comparing with every match costs less than a walk",
    "too few vectors near the query match",
    "the matches lie far from the query",
    "a walk costs less than comparing with every match",
    "a walk had cost as much as comparing with every match",
    "so many queries together share what comparing costs",
    "no short vector can be among the best, and few are long",
    "too many vectors were long enough to be compared",
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
  std::uint64_t batch = 1;      // queries in the call
  std::uint64_t long_ones = ~std::uint64_t{0};  // vectors at least half as long as the longest, if that helps
  SieveCosts costs = {};        // of the instruction set in use
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

// Queries from which on a scan makes groups of rows and sieves them; fewer are compared one by one. Of codes
// with two bytes a sieve knows the upper one, and so many times as many rows pass: that has to be worth it.
inline constexpr std::uint64_t kSiftQueries = 4;
inline constexpr std::uint32_t kWideDimMax = 64;
inline constexpr double kHalvedMore = 3;
inline constexpr std::uint64_t kHalvedRows = 10'000;

// A vector that is compared as it was given, so many times for each result: found 190 of 43,097 for ten
// results, 210 of 331,479.
inline constexpr double kFoundNs = 1.25 * 60;
// To find a vector by its id.
inline constexpr double kLookupNs = 13;

// From this share of all on, matches are met on the way through all the vectors.
inline constexpr double kManyShare = 0.75;
// What is seen near a query is taken together with as many vectors of the average share.
inline constexpr double kDoubt = 8;

// A walk among matches alone lacks the edges by way of the others, so it is as much wider: twice where a half
// match. Where these are sparse, a step that looks beyond its neighbours costs as much more.
inline constexpr double kSparseShare = 1.0 / 3;
inline constexpr double kSparseTimes = 2;
constexpr double wider(double share) noexcept { return share >= 0.5 ? 1 + 2 * (1 - share) : 2; }
// Near a query that lies elsewhere than the matches fewer match than the average, by so many standard deviations
// and to less than this share of it. (By chance alone one query in fifty of those with a half at random would
// seem to lie elsewhere by the first.)
inline constexpr double kElsewhere = 1.5, kElsewhereShare = 1.0 / 3;

constexpr double step_ns(std::uint32_t dim) noexcept { return kStepNs + kStepValueNs * dim; }

// Which of the two scans, where it is one.
constexpr Plan scan_plan(const Question& q) noexcept {
  const bool many = static_cast<double>(q.matches) >= kManyShare * static_cast<double>(q.vectors);
  return many ? Plan::scan_all : Plan::scan_matches;
}

// Whether so many queries are sieved together, past so many rows.
constexpr bool sifts(std::uint64_t queries, bool wide, std::uint64_t rows) noexcept {
  return queries >= kSiftQueries && (!wide || rows >= kHalvedRows);
}

// A scan of so many rows, for each query.
constexpr double rows_ns(const Question& q, bool by_id, std::uint64_t rows) noexcept {
  const auto count = static_cast<double>(rows);
  const bool wide = q.dim <= kWideDimMax;
  if (!sifts(q.batch, wide, rows)) {
    return count * (by_id ? kMatchNs + kMatchValueNs * q.dim : kRowNs + kRowValueNs * q.dim);
  }
  const auto together = static_cast<double>(std::min<std::uint64_t>(q.batch, q.costs.together));
  const double once = q.costs.row + q.costs.row_value * q.dim + (by_id ? kLookupNs : 0);
  // What codes cannot rule out is compared as it was given: the better the best are known the fewer.
  const auto doublings = static_cast<double>(std::bit_width(rows / std::max(1u, q.k)));
  const double passed = kFoundNs * (wide ? kHalvedMore : 1) * q.k * doublings;
  return count * (once / together + q.costs.query + q.costs.query_value * q.dim) + passed;
}

constexpr double scan_ns(const Question& q) noexcept {
  const bool all = scan_plan(q) == Plan::scan_all;
  return rows_ns(q, !all, all ? q.vectors : q.matches);
}

constexpr double share_of_all(const Question& q) noexcept {
  return q.vectors == 0 ? 0 : static_cast<double>(q.matches) / static_cast<double>(q.vectors);
}

// Share of matches among the vectors near the query: between what was seen there and the average.
constexpr double share_here(const Question& q) noexcept {
  return (q.nearby.admitted + kDoubt * share_of_all(q)) / (q.nearby.seen + kDoubt);
}

// Whether the matches lie elsewhere than the query: then a walk goes among them alone (graph_walk.h).
constexpr bool is_elsewhere(const Question& q) noexcept {
  const double expected = share_of_all(q) * q.nearby.seen;
  if (q.nearby.admitted >= kElsewhereShare * expected) return false;
  const double missing = expected - q.nearby.admitted;
  return missing * missing > kElsewhere * kElsewhere * expected;
}

// `share`: of the vectors that a walk meets, those that may be returned.
constexpr double walk_ns(const Question& q, double share) noexcept {
  const auto all = static_cast<double>(q.vectors);
  const double steps = share * all > q.beam ? q.beam / share : all;
  return kWalkNs + kWalkValueNs * q.dim + step_ns(q.dim) * steps;
}

// The better of two walks: one towards the query, past all, or one among the matches.
constexpr double graph_ns(const Question& q) noexcept {
  if (!is_elsewhere(q)) return walk_ns(q, share_here(q));
  const double share = share_of_all(q);
  return walk_ns(q, 1 / (wider(share) * (share < kSparseShare ? kSparseTimes : 1)));
}

// What to do, with what is known by now.
constexpr Choice choose(const Question& q) noexcept {
  const Plan scan = scan_plan(q);
  const bool all = scan == Plan::scan_all;
  const double scanned = scan_ns(q);
  const double walked = graph_ns(q);
  // At best all that a walk meets may be returned.
  const double least = walk_ns(q, 1);
  if (q.matches <= q.k || scanned <= least) {
    Question alone = q;
    alone.batch = 1;
    const Why few = all ? Why::few_vectors : Why::few_matches;
    const bool few_anyway = q.matches <= q.k || scan_ns(alone) <= least;
    return {scan, few_anyway ? few : Why::few_together, scanned, walked};
  }
  if (q.long_ones < q.vectors && q.matches == q.vectors) {
    const double by_length = rows_ns(q, false, q.long_ones);
    if (by_length <= least) return {Plan::scan_all, Why::long_first, by_length, walked};
  }
  if (scanned <= walked) return {scan, Why::rare_here, scanned, walked};
  return {Plan::graph, Why::enough_here, scanned, walked};
}

// Vectors after which a scan by length has cost what the walk would have, and one is made after all.
constexpr std::uint64_t rows_max(const Question& q) noexcept {
  constexpr std::uint64_t kSome = 10'000;
  const double each = rows_ns(q, false, 2 * kSome) - rows_ns(q, false, kSome);
  return static_cast<std::uint64_t>(walk_ns(q, 1) / each * kSome) + 1;
}

// Steps after which a walk has cost what the scan would have: it ends there, and the scan is made after
// all. So no search costs much more than twice the scan, however badly matches lie for the graph.
constexpr std::uint64_t steps_max(const Question& q) noexcept {
  return static_cast<std::uint64_t>(scan_ns(q) / step_ns(q.dim)) + 1;
}

}  // namespace vitrine
