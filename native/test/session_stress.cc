// Writers append, load and remove while readers search, for the sanitizers to watch: built with
// -fsanitize by test/native/session-stress.test.ts. Prints what was done; fails on a broken answer.
//
//   session_stress [ROUNDS]
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <thread>
#include <vector>

#include "session/session_index.h"

namespace {

using namespace vitrine;

constexpr std::uint32_t kItems = 300;
constexpr int kWriters = 2;
constexpr int kReaders = 3;

std::atomic<std::uint64_t> answers{0};

std::uint32_t below(std::minstd_rand& chance, std::uint32_t end) {
  return static_cast<std::uint32_t>(chance() % end);
}

void write(SessionIndex& index, unsigned seed, int rounds) {
  std::minstd_rand chance(seed);
  std::vector<std::uint32_t> items;
  for (int round = 0; round < rounds; ++round) {
    const std::uint32_t key = below(chance, 400);
    for (std::uint32_t i = below(chance, 6); i > 0; --i) {
      const Visit visit{key, below(chance, kItems)};
      if (!index.append({&visit, 1}).ok()) std::abort();
    }
    if (round % 7 == 0) index.remove(below(chance, 400));
    if (round % 50 == 0) {
      items.assign({below(chance, kItems), below(chance, kItems), below(chance, kItems)});
      const std::vector<std::uint32_t> offsets = {0, 1, 1, 3};
      if (!index.load(items, offsets).ok()) std::abort();
    }
  }
}

void check(std::size_t count, const std::vector<std::uint32_t>& items,
           const std::vector<float>& scores) {
  for (std::size_t i = 0; i < count; ++i) {
    const bool sorted = i == 0 || scores[i] <= scores[i - 1];
    if (items[i] >= kItems || !(scores[i] > 0) || !sorted) std::abort();
  }
  answers += count;
}

void read(const SessionIndex& index, unsigned seed, const std::atomic<bool>& done) {
  std::minstd_rand chance(seed);
  std::vector<std::uint32_t> items(40), because(40), allow(8);
  std::vector<float> scores(40);
  while (!done) {
    std::vector<std::uint32_t> query(1 + below(chance, 8));
    for (std::uint32_t& item : query) item = below(chance, kItems + 20);  // some unknown
    for (std::uint32_t& word : allow) word = static_cast<std::uint32_t>(chance());
    NeighbourWeights weights;
    weights.neighbours = 1 + below(chance, 50);
    weights.age_decay = below(chance, 2) * 100.0;
    const AllowedItems allowed{below(chance, 2) ? std::span<const std::uint32_t>(allow)
                                                : std::span<const std::uint32_t>()};
    const std::uint64_t own = below(chance, 400);
    check(index.search(query, weights, allowed, own, {items, scores, {}}), items, scores);
    check(index.follow(query, {}, allowed, {items, scores, because}), items, scores);
    if (index.sessions() > 600 || index.bytes() == 0) std::abort();
  }
}

}  // namespace

int main(int count, char** words) {
  const int rounds = count > 1 ? std::atoi(words[1]) : 3000;
  SessionLog::Options log{.session_items_max = 8, .sessions_per_item_max = 20, .sessions_max = 600};
  RuleTable::Options rules{.window = 4, .rules_per_item_max = 10, .age_decay = 7};
  SessionIndex index(log, rules);

  std::atomic<bool> done{false};
  std::vector<std::thread> readers, writers;
  for (int i = 0; i < kReaders; ++i) {
    readers.emplace_back([&index, &done, i] { read(index, 100u + static_cast<unsigned>(i), done); });
  }
  for (int i = 0; i < kWriters; ++i) {
    writers.emplace_back([&index, rounds, i] { write(index, 1u + static_cast<unsigned>(i), rounds); });
  }
  for (std::thread& writer : writers) writer.join();
  done = true;
  for (std::thread& reader : readers) reader.join();
  std::printf("%zu sessions, %llu items answered\n", index.sessions(),
              static_cast<unsigned long long>(answers.load()));
  return answers > 0 ? 0 : 1;
}
