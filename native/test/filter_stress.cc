// Writers put, change and remove items while readers evaluate, for the sanitizers to watch: built with
// -fsanitize by test/native/filter-stress.test.ts. Every state of an item keeps a promise that only a
// torn read would break. Prints what was done; fails on a broken answer.
//
//   filter_stress [ROUNDS]
#include <atomic>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <random>
#include <thread>
#include <vector>

#include "filter/filter_index.h"
#include "test/expect.h"

namespace {

using namespace vitrine;

// Two blocks and a bit. Odd rows come and go, even ones change.
constexpr std::uint32_t kRows = 2 * kBlockRows + 100;
constexpr int kWriters = 2;
constexpr int kReaders = 3;
constexpr std::uint32_t kKinds = 5;

std::atomic<std::uint64_t> evaluated{0};

std::uint32_t below(std::minstd_rand& chance, std::uint32_t end) {
  return static_cast<std::uint32_t>(chance() % end);
}

// An item of kind s has category s and no other, flag 0 where s is odd, flag 1 always, and the number s.
void put(FilterIndex& index, std::minstd_rand& chance, std::uint32_t first, std::uint32_t count) {
  std::vector<std::uint32_t> rows, ends, categories, flags;
  std::vector<double> numbers;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t kind = below(chance, kKinds);
    rows.push_back((first + i) % kRows);
    categories.push_back(kind);
    ends.push_back(i + 1);
    flags.push_back((kind % 2) | 2u);
    numbers.insert(numbers.end(), {static_cast<double>(kind), 1.0});
  }
  EXPECT(index.put({rows, ends, categories, flags, numbers}).ok());
}

void write(FilterIndex& index, unsigned seed, int rounds) {
  std::minstd_rand chance(seed);
  for (int round = 0; round < rounds; ++round) {
    put(index, chance, below(chance, kRows), 1 + below(chance, 200));
    std::vector<std::uint32_t> rows(below(chance, 100));
    for (std::uint32_t& row : rows) row = below(chance, kRows / 2) * 2 + 1;
    index.remove(rows);
    // Neither is anybody's promise: the number of another column, and a flag of its own.
    const std::vector<double> values(rows.size(), round % 3 == 0 ? std::nan("") : round);
    EXPECT(index.set_number(rows, 1, values).ok());
    EXPECT(index.set_flag(rows, 2, round % 2 == 0).ok());
  }
}

void push_range(std::vector<std::uint32_t>& code, std::uint32_t column, double min, double max) {
  code.insert(code.end(), {3, column});
  for (const double bound : {min, max}) {
    const auto bits = std::bit_cast<std::uint64_t>(bound);
    code.push_back(static_cast<std::uint32_t>(bits));
    code.push_back(static_cast<std::uint32_t>(bits >> 32));
  }
}

void read(const FilterIndex& index, unsigned seed, const std::atomic<bool>& done) {
  std::minstd_rand chance(seed);
  Bitmap bitmap;
  std::vector<Bitmap> held(4);
  while (!done) {
    // Of one kind by its category, but not by its number, or not by its flag: nobody.
    const std::uint32_t kind = below(chance, kKinds);
    std::vector<std::uint32_t> nobody = {6, 2, 1, 1, kind};
    if (chance() % 2 == 0) {
      nobody.push_back(5);
      push_range(nobody, 0, kind, kind);
    } else {
      if (kind % 2 == 1) nobody.push_back(5);
      nobody.insert(nobody.end(), {2, 0});
    }
    EXPECT(index.evaluate(nobody, bitmap).ok());
    EXPECT(bitmap.count() == 0);

    // Every item is of one of the kinds.
    std::vector<std::uint32_t> kinds = {1, kKinds};
    for (std::uint32_t k = 0; k < kKinds; ++k) kinds.push_back(k);
    std::vector<std::uint32_t> none = {6, 2, 0, 5};
    none.insert(none.end(), kinds.begin(), kinds.end());
    EXPECT(index.evaluate(none, bitmap).ok());
    EXPECT(bitmap.count() == 0);

    EXPECT(index.evaluate(kinds, held[kind % held.size()]).ok());
    bitmap = held[kind % held.size()];  // shared: the next evaluation takes another buffer
    std::size_t bits = 0;
    for (const Word word : bitmap.words()) bits += static_cast<std::size_t>(__builtin_popcount(word));
    EXPECT(bits == bitmap.count());
    Bounds bounds;
    EXPECT(index.estimate(kinds, bounds).ok());
    EXPECT(bounds.least <= bounds.most && bounds.most <= kRows);
    EXPECT(index.bytes() > 0);
    evaluated += 3;
  }
}

}  // namespace

int main(int count, char** words) {
  const int rounds = count > 1 ? std::atoi(words[1]) : 3000;
  FilterIndex index({.flags = 3, .columns = 2, .kernels = select_words(nullptr)});
  std::minstd_rand chance(1);
  put(index, chance, 0, kRows / 2);

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
  std::printf("%zu items, %llu filters evaluated\n", index.size(),
              static_cast<unsigned long long>(evaluated.load()));
  return evaluated > 0 ? 0 : 1;
}
