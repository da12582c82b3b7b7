// The planner's decisions (index/plan.h), held by the compiler: built by test/native/vector-plan.test.ts,
// nothing to run.
#include "index/plan.h"

namespace {

using namespace vitrine;

constexpr Question ask(std::uint64_t vectors, std::uint64_t matches, Nearby nearby = {},
                       std::uint32_t beam = 100, std::uint32_t dim = 100) {
  return {.vectors = vectors, .matches = matches, .k = 10, .beam = beam, .dim = dim, .nearby = nearby};
}
constexpr bool is(const Choice& choice, Plan plan, Why why) {
  return choice.plan == plan && choice.why == why;
}

// Without a filter: a walk costs the same however many vectors there are, a scan does not.
static_assert(is(choose(ask(0, 0)), Plan::scan_all, Why::few_vectors));
static_assert(is(choose(ask(3'000, 3'000)), Plan::scan_all, Why::few_vectors));
static_assert(is(choose(ask(50'000, 50'000)), Plan::graph, Why::enough_here));
// The wider the beam, the longer a scan is worth it.
static_assert(is(choose(ask(20'000, 20'000, {}, 1000)), Plan::scan_all, Why::few_vectors));
static_assert(is(choose(ask(20'000, 20'000, {}, 20)), Plan::graph, Why::enough_here));

// Many queries at once share what a scan reads: with AMX that makes up for a wide beam, without not.
constexpr SieveCosts kTiles{4, 0.11, 0.03, 0.002, 64}, kNoTiles{8, 0.3, 0, 0.033, 16};
constexpr Question together(Question q, std::uint64_t batch, const SieveCosts& costs) {
  q.batch = batch;
  q.costs = costs;
  return q;
}
constexpr Question kWide = ask(331'479, 331'479, {}, 700);
static_assert(is(choose(together(kWide, 64, kTiles)), Plan::scan_all, Why::few_together));
static_assert(is(choose(together(kWide, 64, kNoTiles)), Plan::graph, Why::enough_here));
static_assert(is(choose(together(kWide, 2, kTiles)), Plan::graph, Why::enough_here));
static_assert(is(choose(together(ask(331'479, 331'479), 64, kTiles)), Plan::graph, Why::enough_here));
static_assert(is(choose(together(ask(331'479, 66'296), 64, kTiles)), Plan::scan_matches, Why::rare_here));

// By inner product few may be long.
constexpr Question by_product(std::uint64_t long_ones, std::uint32_t beam) {
  Question q = ask(43'097, 43'097, {}, beam, 64);
  q.long_ones = long_ones;
  return q;
}
static_assert(is(choose(by_product(2'000, 100)), Plan::scan_all, Why::long_first));
static_assert(is(choose(by_product(2'000, 10)), Plan::graph, Why::enough_here));
static_assert(is(choose(by_product(40'000, 100)), Plan::graph, Why::enough_here));
static_assert(rows_max(by_product(2'000, 100)) > 3'000 && rows_max(by_product(2'000, 100)) < 8'000);

// With a filter nothing of which is known but its count.
static_assert(is(choose(ask(331'479, 33)), Plan::scan_matches, Why::few_matches));
static_assert(is(choose(ask(331'479, 2'000)), Plan::scan_matches, Why::few_matches));
static_assert(is(choose(ask(331'479, 16'574)), Plan::scan_matches, Why::rare_here));
static_assert(is(choose(ask(331'479, 66'296)), Plan::graph, Why::enough_here));
static_assert(is(choose(ask(331'479, 331'470)), Plan::graph, Why::enough_here));
// As many matches as are asked for: they are the answer, whatever is near.
static_assert(choose(ask(1'000'000, 10, {32, 32})).plan == Plan::scan_matches);
static_assert(choose(ask(1'000'000, 0)).plan == Plan::scan_matches);

// What is seen near the query counts for more than the average.
static_assert(is(choose(ask(331'479, 16'574, {32, 30})), Plan::graph, Why::enough_here));
static_assert(is(choose(ask(331'479, 66'296, {8, 0})), Plan::graph, Why::enough_here));
static_assert(is(choose(ask(331'479, 33'148, {8, 0})), Plan::scan_matches, Why::rare_here));
// Where they lie elsewhere a walk goes among the matches alone.
static_assert(is_elsewhere(ask(331'479, 165'000, {32, 0})) && is_elsewhere(ask(331'479, 33'148, {32, 0})));
static_assert(!is_elsewhere(ask(331'479, 165'000, {32, 12})) && !is_elsewhere(ask(331'479, 16'574, {32, 0})));
static_assert(is(choose(ask(331'479, 165'000, {32, 0})), Plan::graph, Why::enough_here));
static_assert(is(choose(ask(331'479, 33'148, {32, 0})), Plan::graph, Why::enough_here));
static_assert(is(choose(ask(331'479, 165'000, {32, 5})), Plan::graph, Why::enough_here));
static_assert(is(choose(ask(331'479, 330'000, {32, 1})), Plan::graph, Why::enough_here));

// A walk ends when it has cost what the scan does.
static_assert(steps_max(ask(331'479, 66'296)) > 2'000 && steps_max(ask(331'479, 66'296)) < 5'000);
static_assert(steps_max(ask(10, 1)) == 1);

// More matches never make a scan cheaper, nor a walk dearer, but where the way of scanning changes.
constexpr bool costs_are_monotone() {
  for (std::uint64_t matches = 1'000; matches < 240'000; matches += 1'000) {
    const Choice fewer = choose(ask(331'479, matches));
    const Choice more = choose(ask(331'479, matches + 1'000));
    if (more.scan_ns < fewer.scan_ns || more.graph_ns > fewer.graph_ns) return false;
    if (fewer.plan == Plan::graph && more.plan != Plan::graph) return false;
  }
  return true;
}
static_assert(costs_are_monotone());

}  // namespace
