// Batches of visitors are answered by several threads while sessions grow, vectors come and go, and
// popularity changes. Answers are in order, of k at most, and never of what is hidden.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "index/index.h"
#include "recommend/recommender.h"
#include "test/expect.h"

namespace vitrine::test {
namespace {

constexpr std::uint32_t kItems = 400;
constexpr std::uint32_t kDim = 16;
constexpr std::size_t kBatch = 8;

std::uint32_t below(std::minstd_rand& chance, std::uint32_t end) {
  return static_cast<std::uint32_t>(chance() % end);
}

std::vector<float> vector_of(std::minstd_rand& chance) {
  std::vector<float> vector(kDim);
  for (float& value : vector) value = static_cast<float>(below(chance, 2000)) / 1000 - 1;
  return vector;
}

std::shared_ptr<Index> vectors(Metric metric) {
  IndexOptions options;
  options.kind = Kind::exact;
  options.metric = metric;
  options.dim = kDim;
  options.kernels = select_distance(nullptr);
  return make_index(options);
}

void change(SessionIndex& sessions, Index& taste, Index& similar, Recommender& recommender,
            const std::atomic<bool>& done) {
  std::minstd_rand chance(1);
  while (!done) {
    const Visit visit{below(chance, 500), below(chance, kItems)};
    EXPECT(sessions.append({&visit, 1}).ok());
    const std::uint32_t item = below(chance, kItems);
    EXPECT(taste.add({&item, 1}, vector_of(chance)).ok());
    EXPECT(similar.add({&item, 1}, vector_of(chance)).ok());
    if (below(chance, 5) == 0) taste.remove({&item, 1});
    recommender.note_changed(kTaste, item);
    recommender.note_changed(kSimilar, item);
    if (below(chance, 20) == 0) sessions.remove(below(chance, 500));
    recommender.set_popular({item, (item + 1) % kItems}, {0.6f, 0.4f});
  }
}

std::uint64_t ask(const Recommender& recommender, unsigned seed, const std::atomic<bool>& done) {
  std::minstd_rand chance(seed);
  const std::vector<double> weights = {1, 0.6, 0.2, 0.3, 0.05, 0.01};
  std::vector<Recommended> found;
  std::uint64_t answers = 0;
  while (!done) {
    std::vector<std::uint32_t> items(kBatch * 3), hidden(kBatch * 2), words(13), ends(kBatch);
    for (std::uint32_t& item : items) item = below(chance, kItems);
    for (std::uint32_t& row : hidden) row = below(chance, kItems);
    for (std::uint32_t& word : words) word = static_cast<std::uint32_t>(chance());
    const Allow allow{words};
    std::minstd_rand again(1 + below(chance, 8));  // the same few: what is near to them is remembered
    const std::vector<float> taste = vector_of(again);
    std::vector<RecommendQuery> queries(kBatch);
    for (std::size_t q = 0; q < kBatch; ++q) {
      queries[q].items = std::span(items).subspan(q * 3, 3);
      queries[q].hidden = std::span(hidden).subspan(q * 2, 2);
      queries[q].session = below(chance, 500);
      queries[q].allow = q % 2 == 0 ? &allow : nullptr;
      queries[q].taste = q % 3 == 0 ? nullptr : taste.data();
      queries[q].weights = weights;
      queries[q].k = 1 + below(chance, 30);
    }
    const RecommendRoom room;
    EXPECT(recommender.search(queries, room, found, ends).ok());
    for (std::size_t q = 0; q < kBatch; ++q) {
      const std::size_t from = q == 0 ? 0 : ends[q - 1];
      EXPECT(ends[q] - from <= queries[q].k);
      for (std::size_t i = from; i < ends[q]; ++i) {
        EXPECT(i == from || found[i].score <= found[i - 1].score);
        const auto& out = queries[q].hidden;
        EXPECT(std::find(out.begin(), out.end(), found[i].row) == out.end());
        EXPECT(queries[q].allow == nullptr || queries[q].allow->has(found[i].row));
      }
      ++answers;
    }
  }
  return answers;
}

}  // namespace

void recommend_stress(double seconds) {
  auto sessions = std::make_shared<SessionIndex>(
      SessionLog::Options{.session_items_max = 8, .sessions_per_item_max = 50, .sessions_max = 400},
      RuleTable::Options{});
  const std::shared_ptr<Index> taste = vectors(Metric::ip), similar = vectors(Metric::cosine);
  Recommender recommender(sessions, taste, similar, {});
  std::atomic<bool> done{false};
  std::atomic<std::uint64_t> answers{0};
  std::vector<std::thread> threads;
  for (unsigned seed = 2; seed < 5; ++seed) {
    threads.emplace_back([&, seed] { answers += ask(recommender, seed, done); });
  }
  threads.emplace_back([&] { change(*sessions, *taste, *similar, recommender, done); });
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  done = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT(answers > 0);
  std::printf("recommend %llu answers\n", static_cast<unsigned long long>(answers.load()));
}

}  // namespace vitrine::test
