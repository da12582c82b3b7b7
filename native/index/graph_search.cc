// Answers queries: by walking the graph, or by a scan where that is cheaper or surer.
#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <shared_mutex>
#include <tuple>

#include "index/bound.h"
#include "index/graph.h"
#include "index/plan.h"
#include "index/scan.h"

namespace vitrine {
namespace {

// Queries answered before a writer may come in.
constexpr std::size_t kPassQueries = 32;

// What walks bring home is ordered by codes. So many more than asked for are compared as they are, in any
// case; `hope` says where to end.
constexpr std::uint32_t finalists_for(std::uint32_t k) noexcept { return k + std::max(6u, k / 4); }

// The matches are far when the nearest is so many times as far, in squares, as what is near: no walk among
// them is to be trusted.
constexpr double kFar = 1.5;

// Fewer matches are compared before it is known whether the filter has come before.
constexpr std::uint64_t kRememberedMin = 1024;
// A filter that admits so many is a list of what a visitor has seen, and hardly comes twice.
constexpr double kNearlyAll = 0.99;

// Standard deviations of the codes' error that are allowed for.
constexpr float kHope = 3;

}  // namespace

void GraphIndex::answer(const float* queries, std::size_t count, const SearchRequest& request) const {
  const Question question = this->question(request, count);
  const Choice choice = choose(question);
  const Lender<Turns>::Loan turns = turns_.borrow();
  if (request.allow == nullptr && choice.plan == Plan::graph) {
    explain(request, question, choice, count);
    return walk_together(queries, 0, count, request, *turns);
  }
  std::vector<std::uint32_t>& to_scan = turns->to_scan;
  to_scan.clear();
  if (choice.why == Why::long_first) {
    return answer_by_length(queries, count, question, request, *turns);
  }
  // Where no walk can be worth it; of one query that is seen once it is known what is near.
  const bool surely = choice.plan != Plan::graph && (choice.why != Why::rare_here || count >= kSiftQueries);
  const SlotFilters::Pin pin = remembered(request, question);
  for (std::uint32_t q = 0; q < count; ++q) {
    if (surely || !answer_filtered(queries, q, question, request, pin, turns->searches[0])) {
      to_scan.push_back(q);
    }
  }
  if (surely) explain(request, question, choice, count);
  const std::size_t together{options_.kernels->costs.together};
  for (std::size_t first = 0; first < to_scan.size(); first += together) {
    const auto now = std::span(to_scan).subspan(first, std::min(together, to_scan.size() - first));
    scan_together(queries, now, scan_plan(question) == Plan::scan_matches, kAnyRows, request, &pin);
  }
}

SlotFilters::Pin GraphIndex::remembered(const SearchRequest& request, const Question& question) const {
  if (request.allow == nullptr || question.matches < kRememberedMin) return {};
  if (share_of_all(question) >= kNearlyAll) return {};
  const std::shared_lock reading(gate_);
  return filters_.find(rows_, *request.allow, question.batch);
}

// By inner product: a scan ends where vectors are too short. Whether that is soon shows on the way: where
// it is not, a walk is made after all.
void GraphIndex::answer_by_length(const float* queries, std::size_t count, const Question& question,
                                  const SearchRequest& request, Turns& turns) const {
  const std::size_t together{options_.kernels->costs.together};
  std::vector<std::uint32_t>& numbers = turns.to_scan;
  for (std::size_t first = 0; first < count; first += together) {
    const std::size_t end = std::min(count, first + together);
    numbers.resize(end - first);
    std::iota(numbers.begin(), numbers.end(), static_cast<std::uint32_t>(first));
    Choice choice = choose(question);
    if (!scan_together(queries, numbers, false, rows_max(question), request)) {
      choice = {Plan::graph, Why::long_ones_lost, choice.scan_ns, choice.graph_ns};
      walk_together(queries, first, end, request, turns);
    }
    explain(request, question, choice, end - first);
  }
}

void GraphIndex::walk_together(const float* queries, std::size_t first, std::size_t end,
                               const SearchRequest& request, Turns& turns) const {
  for (; first < end; first += kPassQueries) {
    answer_together(queries, first, std::min(end, first + kPassQueries), request, turns);
  }
}

Question GraphIndex::question(const SearchRequest& request, std::size_t batch) const {
  Question question = Index::question(request, batch);
  if (near() != Near::product || request.allow != nullptr) return question;
  const std::shared_lock reading(gate_);
  const std::uint64_t long_ones = longest_.slots_as_long_as(longest_.most() / 2, 0);
  question.long_ones = std::min(question.vectors, long_ones);
  return question;
}

void GraphIndex::prepare(const float* query, Search& search) const {
  search.coded.codes = search.codes.sized(codes_.width());
  codes_.coder().encode(query, search.coded);
  const auto unit = static_cast<float>(2 * search.coded.length * search.coded.scale);
  search.probe = {.codes = search.coded.codes, .bias = search.coded.bias, .unit = unit, .near = near()};
}

// By inner product there are no distances. Removed vectors that a walk passes take places of the pool: so
// many more there are, by their share.
Reach GraphIndex::reach(const SearchRequest& request) const noexcept {
  const std::size_t held = std::max<std::size_t>(rows_.size(), 1);
  const std::size_t passed = std::min<std::size_t>(passed_, held);
  const auto with_passed = [&](std::size_t places) { return places + (places * passed + held - 1) / held; };
  const std::size_t beam = with_passed(std::max(request.k, request.beam));
  return near() == Near::product ? Reach{.most = beam} : reach_for(with_passed(request.k), beam);
}

// Queries first..end-1, some at a time.
void GraphIndex::answer_together(const float* queries, std::size_t first, std::size_t end,
                                 const SearchRequest& request, Turns& turns) const {
  const std::shared_lock reading(gate_);
  const Net net = this->net();
  const Reach reach = this->reach(request);
  std::array<Search*, std::tuple_size_v<decltype(Turns::searches)>> walking;
  std::size_t next = first;
  std::size_t busy = 0;
  const auto begin = [&](Search& search) {
    if (next == end) return false;
    search.query = next++;
    prepare(queries + search.query * rows_.stride(), search);
    search.allow = nullptr;
    search.probe.limit(reach, search.coded);
    search.walk.begin(net, search.probe, reach);
    if (search.walk.expand(net)) return true;
    finish_surely(queries + search.query * rows_.stride(), search, request);
    return false;
  };
  for (Search& search : turns.searches) {
    if (begin(search)) walking[busy++] = &search;
  }
  while (busy > 0) {
    for (std::size_t i = 0; i < busy;) {
      Search& search = *walking[i];
      search.walk.meet(net);
      if (search.walk.expand(net)) {
        ++i;
        continue;
      }
      finish_surely(queries + search.query * rows_.stride(), search, request);
      if (begin(search)) {
        ++i;
      } else {
        walking[i] = walking[--busy];
      }
    }
  }
}

// Slots that may be answers, the nearest first, up to finalists_for(k).
void GraphIndex::choose_finalists(Search& search, std::uint32_t k) const {
  search.finalists.clear();
  const std::size_t wanted = finalists_for(k);
  const Pool& pool = search.walk.pool();
  search.looked_at = 0;
  for (; search.looked_at < pool.size() && search.finalists.size() < wanted; ++search.looked_at) {
    const std::uint32_t slot = Pool::slot_of(pool[search.looked_at]);
    if (!search.admits(rows_, slot)) continue;
    rows_.prefetch(slot);
    search.finalists.push_back(slot);
  }
}

// What a place of the pool may be worth at best, but for bad luck.
float GraphIndex::hope(const Search& search, std::uint64_t place) const noexcept {
  const Rank rank = Pool::rank_of(place);
  const float length = rows_.length(Pool::slot_of(place));
  const auto query_length = static_cast<float>(search.coded.length);
  const float margin = kHope * static_cast<float>(search.coded.spread);
  if (near() == Near::angle) {
    const auto dot = static_cast<std::int32_t>(0x8000'0000u - rank);
    return static_cast<float>(dot - search.coded.bias) * search.coded.scale + margin;
  }
  if (near() == Near::product) {
    return query_length * (score_of(rank) * search.coded.scale + margin * length);
  }
  return score_of(rank) - query_length * query_length + 2 * query_length * length * margin;
}

void GraphIndex::finish(const float* query, Search& search, const SearchRequest& request,
                        std::uint32_t* ids, float* scores) const {
  search.found.reset(request.k);
  for (const std::uint32_t slot : search.finalists) {
    search.found.offer({rows_.score(query, slot), rows_.id(slot)});
  }
  search.found.settle();
  // Where vectors lie so close that codes cannot tell them apart, more are compared.
  const Pool& pool = search.walk.pool();
  for (std::size_t i = search.looked_at; i < pool.size(); ++i) {
    if (hope(search, pool[i]) < search.found.floor()) break;
    const std::uint32_t slot = Pool::slot_of(pool[i]);
    if (!search.admits(rows_, slot)) continue;
    search.found.offer({rows_.score(query, slot), rows_.id(slot)});
  }
  write_results(search.found, request.k, ids, scores);
}

// Removed vectors take up places of the pool. Where too few others are left, a wider walk is made, and at
// last a scan.
void GraphIndex::finish_surely(const float* query, Search& search, const SearchRequest& request) const {
  std::uint32_t* ids = request.ids + search.query * request.k;
  float* scores = request.scores + search.query * request.k;
  choose_finalists(search, request.k);
  const std::size_t wanted = std::min<std::size_t>(request.k, rows_.size());
  if (search.finalists.size() < wanted) {
    search.walk.run(net(), search.probe, 4 * std::size_t{std::max(request.k, request.beam)});
    choose_finalists(search, request.k);
  }
  if (search.finalists.size() >= wanted) return finish(query, search, request, ids, scores);
  const Lender<ScanPass>::Loan pass = passes_.borrow();
  ScanQuery& scanned = pass->queries[0];
  scanned.begin(options_.metric, query, codes_.coder(), codes_.row_error(), request.k);
  scan(this->scanned(), nullptr, false, kAnyRows, *pass, 1);
  write_results(scanned.found, request.k, ids, scores);
}

// How dear a walk is depends on how many near the query match: first seen at the entries, and better once the
// walk has come to the query's neighbours. False where a scan is to be made, and `choice` says why.
template <class Admits>
bool GraphIndex::walk_filtered(Question& question, const SearchRequest& request, Admits admits, Search& search,
                               Choice& choice) const {
  question.nearby = search.walk.begin_filtered(net(), search.probe, admits);
  choice = choose(question);
  if (choice.plan != Plan::graph) return false;
  const std::uint64_t wanted = std::min<std::uint64_t>(request.k, question.matches);
  const auto reach_of = [&](double places) {
    const auto beam = static_cast<std::size_t>(std::ceil(places));
    return near() == Near::product ? Reach{.most = beam} : reach_for(request.k, beam);
  };
  if (!is_elsewhere(question)) {
    const double share = share_here(question);
    Reach reach = reach_of(question.beam);
    reach.most = static_cast<std::size_t>(std::ceil(static_cast<double>(reach.most) / share));
    search.probe.limit(reach, search.coded);
    search.allow = request.allow;
    const auto go_on = [&](const Nearby& nearby) {
      question.nearby = nearby;
      choice = choose(question);
      return choice.plan == Plan::graph && !is_elsewhere(question);
    };
    const bool arrived = search.walk.run_past_all(net(), reach, steps_max(question), admits, go_on);
    choose_finalists(search, request.k);
    if (arrived && search.finalists.size() >= wanted) return true;
    if (choice.plan != Plan::graph) return false;
  }
  if (search.walk.admitted_are_far(search.coded, kFar)) {
    choice = {scan_plan(question), Why::far_from_here, choice.scan_ns, choice.graph_ns};
    return false;
  }
  const Reach reach = reach_of(question.beam * wider(share_of_all(question)));
  search.probe.limit(reach, search.coded);
  search.allow = nullptr;  // what it brings home has been asked
  const bool arrived = search.walk.run_among(net(), reach, steps_max(question), admits);
  choose_finalists(search, request.k);
  if (arrived && search.finalists.size() >= wanted) return true;
  choice = {scan_plan(question), Why::lost, choice.scan_ns, choice.graph_ns};
  return false;
}

// False where a scan has to be made.
bool GraphIndex::answer_filtered(const float* queries, std::size_t q, Question question,
                                 const SearchRequest& request, const SlotFilters::Pin& pin,
                                 Search& search) const {
  const float* query = queries + q * rows_.stride();
  const std::shared_lock reading(gate_);
  prepare(query, search);
  question.batch = 1;
  search.slots = pin.slots();
  Choice choice;
  bool found;
  if (!search.slots.empty()) {
    const std::uint64_t* const bits = search.slots.data();
    const auto admits = [bits](std::uint32_t slot) { return ((bits[slot / 64] >> (slot % 64)) & 1) != 0; };
    found = walk_filtered(question, request, admits, search, choice);
  } else {
    const auto admits = [&](std::uint32_t slot) {
      const std::uint32_t id = rows_.id(slot);
      return id != kNone && request.allow->has(id);
    };
    found = walk_filtered(question, request, admits, search, choice);
  }
  if (found) finish(query, search, request, request.ids + q * request.k, request.scores + q * request.k);
  explain(request, question, choice, 1, search.walk.steps());
  return found;
}

// The queries of these numbers, as many as a pass takes. False where there were more than `rows_max` to
// compare with: none is answered.
bool GraphIndex::scan_together(const float* queries, std::span<const std::uint32_t> numbers, bool by_id,
                               std::uint64_t rows_max, const SearchRequest& request,
                               const SlotFilters::Pin* pin) const {
  const Lender<ScanPass>::Loan pass = passes_.borrow();
  const std::shared_lock reading(gate_);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    pass->queries[i].begin(options_.metric, queries + numbers[i] * rows_.stride(), codes_.coder(),
                           codes_.row_error(), request.k);
  }
  const std::span<const std::uint64_t> slots = pin == nullptr ? std::span<const std::uint64_t>() : pin->slots();
  if (!scan(scanned(), request.allow, by_id, rows_max, *pass, numbers.size(), slots)) return false;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const std::size_t at = std::size_t{numbers[i]} * request.k;
    write_results(pass->queries[i].found, request.k, request.ids + at, request.scores + at);
  }
  return true;
}

}  // namespace vitrine
