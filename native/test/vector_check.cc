// Kernels at every alignment, checksum, id map, and files that are well-formed but wrong.
#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstring>
#include <string>
#include <thread>
#include <unordered_map>

#include "core/aligned.h"
#include "core/checksum.h"
#include "core/id_map.h"
#include "core/top_k.h"
#include "distance/distance.h"
#include "index/coder.h"
#include "index/file_format.h"
#include "index/index.h"
#include "test/expect.h"

namespace vitrine::test {
namespace {

void kernels_agree_at_every_alignment() {
  for (const DistanceKernels& set : distance_kernels()) {
    if (!set.supported()) continue;
    for (const std::size_t dim : {16u, 32u, 48u, 64u, 112u, 768u, 4096u}) {
      for (std::size_t shift = 0; shift < 16; ++shift) {
        const std::vector<float> a = random_row(dim + shift, dim + 16);
        const std::vector<float> b = random_row(dim + shift + 99, dim + 16);
        const float* left = a.data() + shift;
        const float* right = b.data() + (shift * 7) % 16;
        double dot = 0, l2sq = 0;
        for (std::size_t i = 0; i < dim; ++i) {
          dot += double{left[i]} * right[i];
          l2sq += (double{left[i]} - right[i]) * (double{left[i]} - right[i]);
        }
        const double slack = static_cast<double>(dim) * 0x1p-23;
        EXPECT(std::abs(set.dot(left, right, dim) - dot) <= slack * std::max(1.0, std::abs(dot)));
        EXPECT(std::abs(set.l2sq(left, right, dim) - l2sq) <= slack * std::max(1.0, l2sq));
      }
    }
  }
}

// Every set's sums of codes are the scalar set's, number for number, and what it lets pass as well.
void codes_give_the_same_sums() {
  Prng prng(21);
  const DistanceKernels& plain = *select_distance("scalar");
  Aligned<std::int8_t> query;
  Aligned<std::uint8_t> codes;
  constexpr std::size_t kRows = 19;
  for (const std::size_t bytes : {64u, 128u, 192u, 256u, 320u, 768u, 4096u}) {
    query.sized(bytes * kSieveQueries);
    codes.sized(bytes * kRows);
    for (std::size_t i = 0; i < bytes * kSieveQueries; ++i) {
      query.data()[i] = static_cast<std::int8_t>(static_cast<int>(prng.below(255)) - 127);
    }
    const std::uint8_t* rows[kRows];
    for (std::size_t i = 0; i < kRows; ++i) rows[i] = codes.data() + i * prng.below(2) * bytes;
    for (const bool wide : {false, true}) {
      for (std::size_t i = 0; i < bytes * kRows; ++i) {
        // Wide ones stay small, so that no sum is too large: high bytes of 0 and -1.
        const bool high = wide && i % 2 == 1;
        codes.data()[i] = static_cast<std::uint8_t>(high ? (prng.below(2) == 0 ? 0 : 255) : prng.below(256));
      }
      for (const DistanceKernels& set : distance_kernels()) {
        if (!set.supported()) continue;
        for (std::size_t count = 0; count <= kRows; ++count) {
          std::int32_t want[kRows + 1] = {}, got[kRows + 1] = {};
          want[count] = got[count] = 77;  // not to be touched
          (wide ? plain.wide_dots : plain.dots)(query.data(), rows, count, bytes, want);
          (wide ? set.wide_dots : set.dots)(query.data(), rows, count, bytes, got);
          EXPECT(std::equal(want, want + count + 1, got));
        }
      }
    }
  }
}

void sieves_let_the_same_pass() {
  constexpr std::size_t kGroups = 3;
  Prng prng(22);
  Aligned<std::int8_t> codes, packed;
  Aligned<std::uint8_t> groups;
  for (const std::size_t quads : {1u, 2u, 15u, 16u, 17u, 25u, 32u, 48u, 192u, 1024u}) {
    codes.sized(quads * 4 * kSieveQueries);
    groups.sized(quads * 4 * kGroup * kGroups);
    for (int round = 0; round < 6; ++round) {
      for (std::size_t i = 0; i < quads * 4 * kSieveQueries; ++i) {
        codes.data()[i] = static_cast<std::int8_t>(static_cast<int>(prng.below(255)) - 127);
      }
      for (std::size_t i = 0; i < quads * 4 * kGroup * kGroups; ++i) {
        groups.data()[i] = static_cast<std::uint8_t>(prng.below(256));
      }
      float lengths[kGroup * kGroups];
      for (float& length : lengths) length = round % 2 == 0 ? 1.0f : static_cast<float>(prng.below(8));
      Sieves by;
      for (std::size_t q = 0; q < kSieveQueries; ++q) {
        const auto spread = static_cast<float>(quads) * 4000;
        by.slack[q] = prng.signed_unit() * spread;
        by.gain[q] = round % 3 == 0 ? 0.0f : 64.0f;
        by.floor[q] = prng.signed_unit() * spread;
      }
      const auto ask = [&](const DistanceKernels& set, std::size_t count, std::uint16_t* passed) {
        by.count = count;
        by.codes = packed.sized(kSieveQueries / kTile * packed_bytes(quads, set.shape));
        for (std::size_t q = 0; q < count; ++q) {
          pack_query(codes.data() + q * quads * 4, quads, q, set.shape, packed.data());
        }
        set.sieve(groups.data(), kGroups, quads, lengths, by, passed);
      };
      for (const std::size_t count : {1u, 3u, 4u, 13u, 16u, 17u, 31u, 32u, 47u, 50u, 64u}) {
        if (quads == 1024 && count % 16 != 0) continue;  // enough is enough
        std::uint16_t want[kGroups * kSieveQueries];
        ask(*select_distance("scalar"), count, want);
        for (const DistanceKernels& set : distance_kernels()) {
          if (!set.supported()) continue;
          std::uint16_t got[kGroups * kSieveQueries];
          ask(set, count, got);
          for (std::size_t g = 0; g < kGroups; ++g) {
            EXPECT(std::equal(want + g * kSieveQueries, want + g * kSieveQueries + count, got + g * kSieveQueries));
          }
        }
      }
    }
  }
}

void groups_are_rows_by_fours() {
  Prng prng(23);
  Aligned<std::uint8_t> codes, group;
  for (const std::size_t bytes : {64u, 128u, 192u, 4096u}) {
    codes.sized(bytes * 40);
    for (std::size_t i = 0; i < bytes * 40; ++i) codes.data()[i] = static_cast<std::uint8_t>(prng.below(256));
    const std::uint8_t* rows[kGroup];
    for (const std::uint8_t*& row : rows) row = codes.data() + bytes * prng.below(40);
    for (const DistanceKernels& set : distance_kernels()) {
      if (!set.supported()) continue;
      set.group(rows, bytes, group.sized(bytes * kGroup));
      for (std::size_t row = 0; row < kGroup; ++row) {
        for (std::size_t at = 0; at < bytes; ++at) {
          EXPECT(group.data()[(at / 4 * kGroup + row) * 4 + at % 4] == rows[row][at]);
        }
      }
    }
  }
}

void check_fixed(const DistanceKernels& set, const std::vector<float>& a, const std::vector<float>& b,
                 double slack) {
  constexpr float kStep = 0x1p-12f;
  std::vector<std::int16_t> numbers;
  double dot = 0, l2sq = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    numbers.push_back(static_cast<std::int16_t>(std::clamp(b[i] / kStep, -32'767.0f, 32'767.0f)));
    const double back = double{kStep} * numbers[i];
    dot += a[i] * back;
    l2sq += (a[i] - back) * (a[i] - back);
  }
  const float told_dot = set.fixed_dot(a.data(), numbers.data(), kStep, a.size());
  const float told_l2sq = set.fixed_l2sq(a.data(), numbers.data(), kStep, a.size());
  EXPECT(std::abs(told_dot - dot) <= slack * std::max(1.0, std::abs(dot)));
  EXPECT(std::abs(told_l2sq - l2sq) <= slack * std::max(1.0, l2sq));
}

void halves_are_floats_of_less() {
  for (const DistanceKernels& set : distance_kernels()) {
    if (!set.supported()) continue;
    for (const std::size_t dim : {8u, 16u, 24u, 104u, 4096u}) {
      const std::vector<float> a = random_row(dim, dim), b = random_row(dim + 1, dim);
      std::vector<std::uint16_t> halves(dim);
      double dot = 0, l2sq = 0;
      for (std::size_t i = 0; i < dim; ++i) {
        halves[i] = half_of(std::bit_cast<std::uint32_t>(b[i]));
        const double back = std::bit_cast<float>(static_cast<std::uint32_t>(halves[i]) << 16);
        EXPECT(std::abs(back - b[i]) <= std::abs(b[i]) / 256);
        dot += a[i] * back;
        l2sq += (a[i] - back) * (a[i] - back);
      }
      const double slack = static_cast<double>(dim) * 0x1p-23;
      check_fixed(set, a, b, slack);
      EXPECT(std::abs(set.half_dot(a.data(), halves.data(), dim) - dot) <= slack * std::max(1.0, std::abs(dot)));
      EXPECT(std::abs(set.half_l2sq(a.data(), halves.data(), dim) - l2sq) <= slack * std::max(1.0, l2sq));
    }
  }
}

// What the exact index relies on: no product is farther from its estimate than the coder says.
void codes_are_as_near_as_they_say() {
  for (const std::size_t dim : {1u, 3u, 24u, 64u, 100u, 300u, 768u}) {
    for (const Width width : {Width::narrow, Width::wide}) {
      const std::size_t bytes = padded(dim * static_cast<std::size_t>(width), kCodePad);
      const Coder coder(dim, width, bytes, 0);
      Aligned<std::int8_t> codes;
      Aligned<std::uint8_t> row;
      codes.sized(bytes);
      row.sized(bytes);
      for (std::uint64_t seed = 0; seed < 200; ++seed) {
        std::vector<float> a = random_row(seed, dim), b = random_row(seed + 1000, dim);
        // Some that no chance would give: one value, or the same everywhere.
        if (seed % 5 == 0) std::fill(a.begin() + 1, a.end(), 0.0f);
        if (seed % 7 == 0) std::fill(b.begin(), b.end(), 1e-12f);
        CodedQuery query{};
        query.codes = codes.data();
        coder.encode(a.data(), query);
        const double error = coder.encode(b.data(), row.data());
        double dot = 0, aa = 0, bb = 0;
        for (std::size_t i = 0; i < dim; ++i) {
          dot += double{a[i]} * b[i];
          aa += double{a[i]} * a[i];
          bb += double{b[i]} * b[i];
        }
        const std::uint8_t* rows = row.data();
        std::int32_t sum = 0;
        const DistanceKernels& plain = *select_distance("scalar");
        (width == Width::wide ? plain.wide_dots : plain.dots)(query.codes, &rows, 1, bytes, &sum);
        const double off = std::abs((sum - query.bias) * double{query.scale} - dot / std::sqrt(aa * bb));
        EXPECT(off <= query.error + error * (1 + query.error) + 1e-5);
      }
    }
  }
}

void checksum_is_xxh64() {
  const auto of = [](const std::string& text, std::size_t piece) {
    Checksum checksum;
    for (std::size_t at = 0; at < text.size(); at += piece) {
      checksum.update(text.data() + at, std::min(piece, text.size() - at));
    }
    return checksum.digest();
  };
  const std::string long_text = "Nobody inspects the spammish repetition";
  for (const std::size_t piece : {1u, 3u, 31u, 32u, 33u, 100u}) {
    EXPECT(of("", piece) == 0xef46db3751d8e999u);
    EXPECT(of("a", piece) == 0xd24ec4f1a98c6e5bu);
    EXPECT(of("abc", piece) == 0x44bc2cf5ad770999u);
    EXPECT(of(long_text, piece) == 0xfbcea83c8a378bf1u);
  }
}

void id_map_is_a_map() {
  Prng prng(11);
  IdMap map;
  std::unordered_map<std::uint32_t, std::uint32_t> model;
  for (std::uint32_t step = 0; step < 60'000; ++step) {
    // Few enough that ids come again, and some at the far end of their range.
    const std::uint32_t id = prng.below(2) == 0 ? prng.below(4000) : 0xffff'fffe - prng.below(4000);
    if (prng.below(5) < 3) {
      if (map.full()) map = map.grown();
      map.put(id, step);
      model[id] = step;
    } else {
      map.erase(id);
      model.erase(id);
    }
    const std::uint32_t probe = prng.below(4000);
    const auto found = model.find(probe);
    EXPECT(map.find(probe) == (found == model.end() ? kNone : found->second));
    EXPECT(map.size() == model.size());
  }
  for (const auto& [id, slot] : model) EXPECT(map.find(id) == slot);
}

void top_k_is_a_sort() {
  Prng prng(13);
  TopK top;
  for (std::size_t round = 0; round < 200; ++round) {
    std::vector<Hit> all;
    const std::size_t limit = 1 + prng.below(round % 2 == 0 ? 20 : 200);
    const std::uint32_t count = prng.below(round % 2 == 0 ? 60 : 2000);
    top.reset(limit);
    for (std::uint32_t key = 0; key < count; ++key) {
      all.push_back({static_cast<float>(prng.below(8)), key});
      top.offer(all.back());
      if (round % 3 == 0) top.settle();
    }
    std::sort(all.begin(), all.end(), Better{});
    all.resize(std::min(all.size(), limit));
    const std::span<Hit> kept = top.sorted();
    EXPECT(kept.size() == all.size());
    for (std::size_t i = 0; i < all.size(); ++i) EXPECT(kept[i].key == all[i].key);
  }
}

void a_search_allocates_nothing_once_it_is_warm() {
  constexpr std::uint32_t kCount = 3000, kDim = 12, kQueries = 40, kResults = 10;
  const std::vector<float> vectors = random_row(6, kCount * kDim);
  std::vector<std::uint32_t> ids(kCount), words(kCount / 32 + 1, 0x1111'1111), few(words.size(), 0);
  few[7] = 0xff;
  for (std::uint32_t i = 0; i < kCount; ++i) ids[i] = i;
  const Allow many_allowed{words}, few_allowed{few};
  std::vector<std::uint32_t> found(kQueries * kResults);
  std::vector<float> scores(kQueries * kResults);
  for (const Kind kind : {Kind::exact, Kind::graph}) {
    for (const Metric metric : {Metric::ip, Metric::cosine, Metric::l2}) {
      const std::shared_ptr<Index> index =
          make_index({kind, metric, kDim, Keep::f32, 16, 24, 1, select_distance(nullptr)});
      EXPECT(index->add(ids, vectors).ok());
      const auto search_all = [&] {
        for (const Allow* allow : {static_cast<const Allow*>(nullptr), &many_allowed, &few_allowed}) {
          for (const std::size_t count : {std::size_t{1}, std::size_t{kQueries}}) {
            const std::span<const float> queries(vectors.data(), count * kDim);
            EXPECT(index->search({queries, kResults, 12, allow, found.data(), scores.data()}).ok());
          }
        }
      };
      search_all();
      search_all();
      const std::uint64_t before = allocations;
      search_all();
      EXPECT(allocations == before);
    }
  }
}

// Searches go on while three threads build; afterwards answers are those of an index built by one.
void a_build_is_the_same_on_three_threads() {
  constexpr std::uint32_t kCount = 2500, kDim = 12, kQueries = 40, kResults = 5;
  const std::vector<float> vectors = random_row(5, kCount * kDim);
  std::vector<std::uint32_t> ids(kCount);
  for (std::uint32_t i = 0; i < kCount; ++i) ids[i] = i * 3;
  std::vector<std::uint32_t> found[2];
  for (const std::uint32_t threads : {1u, 3u}) {
    IndexOptions options{Kind::graph, Metric::ip, kDim, Keep::bf16, 16, 24, threads, select_distance(nullptr)};
    const std::shared_ptr<Index> index = make_index(options);
    std::atomic<bool> over = false;
    std::vector<float> scores(kQueries * kResults);
    std::thread searcher([&] {
      std::vector<std::uint32_t> into(kResults);
      while (!over) {
        EXPECT(index->search({{vectors.data(), kDim}, kResults, 10, nullptr, into.data(), scores.data()}).ok());
      }
    });
    EXPECT(index->add(ids, vectors).ok());
    over = true;
    searcher.join();
    EXPECT(index->size() == kCount);
    std::vector<std::uint32_t>& into = found[threads / 2];
    into.resize(kQueries * kResults);
    const std::span<const float> queries(vectors.data(), kQueries * kDim);
    EXPECT(index->search({queries, kResults, 20, nullptr, into.data(), scores.data()}).ok());
  }
  EXPECT(found[0] == found[1]);
}

// One vector of one float, two edges... whatever the checksum says, what leads out of memory is refused.
Status open_graph_with(const std::string& path, std::uint32_t edge, std::uint32_t entry,
                       std::uint8_t state, std::uint32_t id) {
  FileHeader header;
  header.kind = static_cast<std::uint32_t>(Kind::graph);
  header.dim = 1;
  header.degree = kDegreeMin;
  header.build_beam = kBuildBeamMin;
  header.slots = 1;
  header.size = id == kNone ? 0 : 1;
  header.entries = 1;
  header.code_bytes = kCodePad;
  const float vector[kRowPad] = {1};
  const std::uint8_t codes[kCodePad] = {};
  const std::uint32_t edges[kDegreeMin] = {edge, kNone, kNone, kNone};
  FileWriter file(path);
  // A section: one slot, then those of nobody.
  const auto section = [&](const void* slot, std::size_t bytes, std::uint8_t rest) {
    file.begin();
    file.write(slot, bytes);
    file.fill(rest, bytes * 1023);
  };
  section(&id, sizeof id, 0xff);
  section(&vector[0], sizeof vector[0], 0);
  section(vector, sizeof vector, 0);
  section(codes, sizeof codes, 0);
  section(edges, sizeof edges, 0xff);
  section(&state, sizeof state, 2);
  file.begin();
  file.write(&entry, sizeof entry);
  EXPECT(file.finish(header).ok());
  std::shared_ptr<Index> index;
  return open_index(path, select_distance(nullptr), Opening::map, index);
}

void a_file_cannot_lead_out_of_memory(const std::string& folder) {
  const std::string path = folder + "/crafted";
  EXPECT(open_graph_with(path, kNone, 0, 0, 5).ok());
  EXPECT(open_graph_with(path, 0, 0, 1, kNone).ok());
  EXPECT(open_graph_with(path, 1, 0, 0, 5).code == Code::storage);
  EXPECT(open_graph_with(path, 0xffff'fff0, 0, 0, 5).code == Code::storage);
  EXPECT(open_graph_with(path, kNone, 1, 0, 5).code == Code::storage);
  EXPECT(open_graph_with(path, kNone, kNone, 0, 5).code == Code::storage);
  EXPECT(open_graph_with(path, kNone, 0, 3, 5).code == Code::storage);
  EXPECT(open_graph_with(path, kNone, 0, 1, 5).code == Code::storage);
  EXPECT(open_graph_with(path, kNone, 0, 0, kNone).code == Code::storage);
  std::remove(path.c_str());
}

}  // namespace

void check(const char* folder) {
  check_walk();
  kernels_agree_at_every_alignment();
  codes_give_the_same_sums();
  sieves_let_the_same_pass();
  groups_are_rows_by_fours();
  halves_are_floats_of_less();
  codes_are_as_near_as_they_say();
  checksum_is_xxh64();
  id_map_is_a_map();
  top_k_is_a_sort();
  a_search_allocates_nothing_once_it_is_warm();
  a_build_is_the_same_on_three_threads();
  a_file_cannot_lead_out_of_memory(folder);
  std::puts("check: ok");
}

}  // namespace vitrine::test
