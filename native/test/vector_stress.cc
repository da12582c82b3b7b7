// One index, six threads: one searches with filters and one without, several queries at once; two add,
// update and remove, one refines, one saves and opens. What they see is held against what must be true at
// any moment, and at the end against an exact index of the same vectors.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <set>
#include <string>
#include <thread>

#include "index/index.h"
#include "test/expect.h"

namespace vitrine::test {
namespace {

constexpr std::uint32_t kDim = 12;
constexpr std::uint32_t kStaying = 1200;  // ids below stay, those up to kIds come and go
constexpr std::uint32_t kIds = 1600;
constexpr std::uint32_t kResults = 10;
// Narrow, so that the graph is walked and not scanned: plan.h.
constexpr std::uint32_t kBeam = 12;

// Every id has one vector, so that a result's score can be checked.
std::vector<float> vector_of(std::uint32_t id) { return random_row(id, kDim); }

double score_of(Metric metric, const std::vector<float>& a, const std::vector<float>& b) {
  double dot = 0, l2sq = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    dot += double{a[i]} * b[i];
    l2sq += (double{a[i]} - b[i]) * (double{a[i]} - b[i]);
    aa += double{a[i]} * a[i];
    bb += double{b[i]} * b[i];
  }
  if (metric == Metric::l2) return -l2sq;
  return metric == Metric::ip ? dot : dot / std::sqrt(aa * bb);
}

struct Found {
  std::uint32_t ids[kResults];
  float scores[kResults];
};

Found search(const Index& index, const std::vector<float>& query, const Allow* allow,
             std::uint32_t beam) {
  Found found;
  EXPECT(index.search({query, kResults, beam, allow, found.ids, found.scores}).ok());
  return found;
}

class Stress {
 public:
  Stress(Kind kind, Metric metric, Keep keep, std::string path) : path_(std::move(path)) {
    options_ = {kind, metric, kDim, keep, 16, 40, 2, select_distance(nullptr)};
    index_ = make_index(options_);
    for (std::uint32_t id = 0; id < kStaying; ++id) add(id);
  }

  void run(double seconds) {
    std::thread threads[] = {
        std::thread([this] { keep_searching(1); }), std::thread([this] { keep_searching_together(2); }),
        std::thread([this] { keep_changing(3, 0); }), std::thread([this] { keep_changing(4, 1); }),
        std::thread([this] { keep_refining(); }), std::thread([this] { keep_saving(); })};
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    over_ = true;
    for (std::thread& thread : threads) thread.join();
    compare();
    std::printf("stress %s metric %u: %llu searches, %llu changes, %llu saves\n",
                options_.kind == Kind::exact ? "exact" : "graph",
                static_cast<unsigned>(options_.metric),
                static_cast<unsigned long long>(searches_), static_cast<unsigned long long>(changes_),
                static_cast<unsigned long long>(saves_));
  }

 private:
  void add(std::uint32_t id) { EXPECT(index_->add({&id, 1}, vector_of(id)).ok()); }

  void keep_searching(std::uint64_t seed) {
    Prng prng(seed);
    while (!over_) {
      const std::vector<float> query = random_row(prng.next(), kDim);
      std::vector<std::uint32_t> words(kIds / 32 + 1);
      const std::uint32_t one_in = 1 + prng.below(12);
      std::size_t staying = 0;  // of the allowed: so many results there must be
      for (std::uint32_t id = 0; id < kIds; ++id) {
        if (prng.below(one_in) != 0) continue;
        words[id / 32] |= 1u << (id % 32);
        staying += id < kStaying;
      }
      const Allow allow{words};
      check_found(query, search(*index_, query, &allow, kBeam), allow, staying);
      ++searches_;
    }
  }

  void check_found(const std::vector<float>& query, const Found& found, const Allow& allow,
                   std::size_t least) const {
    std::set<std::uint32_t> seen;
    for (std::size_t i = 0; i < kResults; ++i) {
      const std::uint32_t id = found.ids[i];
      if (id == kNone) {
        EXPECT(i >= std::min<std::size_t>(least, kResults));
        EXPECT(std::isinf(found.scores[i]));
        continue;
      }
      EXPECT(id < kIds && allow.has(id));
      EXPECT(seen.insert(id).second);
      const double off = std::abs(found.scores[i] - score_of(options_.metric, query, vector_of(id)));
      EXPECT(off < (options_.keep == Keep::f32 ? 1e-4 : 5e-3));
      EXPECT(i == 0 || found.scores[i] <= found.scores[i - 1]);
    }
  }

  // Whoever stays is there throughout: of all vectors that come and go only so many can be nearer.
  void keep_searching_together(std::uint64_t seed) {
    Prng prng(seed);
    constexpr std::size_t kQueries = 40;
    std::vector<float> queries;
    std::vector<std::uint32_t> ids(kQueries * kResults);
    std::vector<float> scores(kQueries * kResults);
    std::vector<std::uint32_t> words(kIds / 32 + 1, ~0u);
    while (!over_) {
      queries.clear();
      for (std::size_t q = 0; q < kQueries; ++q) {
        const std::vector<float> query = random_row(prng.next(), kDim);
        queries.insert(queries.end(), query.begin(), query.end());
      }
      EXPECT(index_->search({queries, kResults, kBeam, nullptr, ids.data(), scores.data()}).ok());
      for (std::size_t q = 0; q < kQueries; ++q) {
        Found found;
        std::copy_n(ids.data() + q * kResults, kResults, found.ids);
        std::copy_n(scores.data() + q * kResults, kResults, found.scores);
        const auto first = queries.begin() + static_cast<std::ptrdiff_t>(q * kDim);
        check_found({first, first + kDim}, found, {words}, kStaying);
      }
      searches_ += kQueries;
    }
  }

  // Each of two has every other id for its own: what it has done to one must be so.
  void keep_changing(std::uint64_t seed, std::uint32_t odd) {
    Prng prng(seed);
    std::vector<float> into(kDim);
    while (!over_) {
      // Mostly those that come and go; now and then one that stays is replaced by itself.
      const std::uint32_t any = prng.below(8) == 0 ? prng.below(kStaying)
                                                   : kStaying + prng.below(kIds - kStaying);
      const std::uint32_t id = any / 2 * 2 + odd;
      if (id < kStaying || prng.below(2) == 0) {
        if (prng.below(4) == 0) add_some(id);
        add(id);
        EXPECT(index_->get(id, into.data()) && kept(into, vector_of(id)));
        const Found found = search(*index_, vector_of(id), nullptr, kIds);
        EXPECT(options_.metric == Metric::ip || found.ids[0] == id);  // visible at once
      } else {
        const std::size_t removed = index_->remove({&id, 1});
        EXPECT(removed <= 1 && !index_->has(id));
      }
      ++changes_;
    }
  }

  // As it was given; of whole numbers within half a step of the largest.
  bool kept(const std::vector<float>& got, const std::vector<float>& given) const {
    if (options_.keep == Keep::f32) return got == given;
    float most = 0;
    for (const float value : given) most = std::max(most, std::abs(value));
    for (std::size_t i = 0; i < kDim; ++i) {
      if (std::abs(got[i] - given[i]) > most / 60'000) return false;
    }
    return true;
  }

  // The id and those of its own parity after it, in one call.
  void add_some(std::uint32_t first) {
    std::vector<std::uint32_t> ids;
    std::vector<float> vectors;
    for (std::uint32_t id = first; id < kIds && ids.size() < 40; id += 2) {
      const std::vector<float> vector = vector_of(id);
      vectors.insert(vectors.end(), vector.begin(), vector.end());
      ids.push_back(id);
    }
    EXPECT(index_->add(ids, vectors).ok());
  }

  void keep_refining() {
    while (!over_) {
      EXPECT(index_->refine(20) <= 20);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  void keep_saving() {
    while (!over_) {
      EXPECT(index_->save(path_).ok());
      std::shared_ptr<Index> opened;
      EXPECT(open_index(path_, options_.kernels, saves_ % 2 == 0 ? Opening::map : Opening::load, opened).ok());
      EXPECT(opened->size() >= kStaying && opened->size() <= kIds);
      for (std::uint32_t id = 0; id < kStaying; id += 37) EXPECT(opened->has(id));
      EXPECT(index_->bytes() > 0);
      ++saves_;
    }
    std::remove(path_.c_str());
  }

  // Now that it is quiet: the same vectors, asked the same questions.
  void compare() const {
    IndexOptions exact = options_;
    exact.kind = Kind::exact;
    exact.kernels = select_distance("scalar");
    const std::shared_ptr<Index> oracle = make_index(exact);
    for (std::uint32_t id = 0; id < kIds; ++id) {
      if (index_->has(id)) EXPECT(oracle->add({&id, 1}, vector_of(id)).ok());
    }
    EXPECT(oracle->size() == index_->size());
    std::size_t hits = 0;
    constexpr std::size_t kQueries = 100;
    for (std::uint64_t seed = 0; seed < kQueries; ++seed) {
      const std::vector<float> query = random_row(1'000'000 + seed, kDim);
      const Found want = search(*oracle, query, nullptr, 1);
      const Found got = search(*index_, query, nullptr, 25);
      for (const std::uint32_t id : got.ids) hits += std::count(want.ids, want.ids + kResults, id) != 0;
    }
    std::printf("recall %zu of %zu\n", hits, kQueries * kResults);
    EXPECT(hits >= kQueries * kResults * 9 / 10);
  }

  std::string path_;
  IndexOptions options_;
  std::shared_ptr<Index> index_;
  std::atomic<bool> over_ = false;
  std::atomic<std::uint64_t> searches_ = 0, changes_ = 0, saves_ = 0;
};

}  // namespace

void stress(double seconds, const char* folder) {
  struct World {
    Kind kind;
    Metric metric;
    Keep keep;
  };
  // As they are made without options, and one graph of floats.
  constexpr World kWorlds[] = {{Kind::exact, Metric::cosine, Keep::f32},
                               {Kind::graph, Metric::ip, Keep::i16},
                               {Kind::graph, Metric::cosine, Keep::i16},
                               {Kind::graph, Metric::l2, Keep::i16},
                               {Kind::graph, Metric::cosine, Keep::f32}};
  for (const auto& [kind, metric, keep] : kWorlds) {
    Stress(kind, metric, keep, std::string(folder) + "/stress").run(seconds / std::size(kWorlds));
  }
}

}  // namespace vitrine::test
