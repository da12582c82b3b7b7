// Kernels at every alignment, checksum, id map, and files that are well-formed but wrong.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <unordered_map>

#include "core/checksum.h"
#include "core/id_map.h"
#include "core/top_k.h"
#include "distance/distance.h"
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
    const std::size_t limit = 1 + prng.below(20);
    top.reset(limit);
    for (std::uint32_t key = 0; key < prng.below(60); ++key) {
      all.push_back({static_cast<float>(prng.below(8)), key});
      top.offer(all.back());
    }
    std::sort(all.begin(), all.end(), Better{});
    all.resize(std::min(all.size(), limit));
    const std::span<Hit> kept = top.sorted();
    EXPECT(kept.size() == all.size());
    for (std::size_t i = 0; i < all.size(); ++i) EXPECT(kept[i].key == all[i].key);
  }
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
  const float vector = 1;
  const std::uint32_t edges[kDegreeMin] = {edge, kNone, kNone, kNone};
  FileWriter file(path);
  file.write(&id, sizeof id);
  file.write(&vector, sizeof vector);
  file.write(&state, sizeof state);
  file.write(edges, sizeof edges);
  file.write(&entry, sizeof entry);
  EXPECT(file.finish(header).ok());
  std::shared_ptr<Index> index;
  return open_index(path, select_distance(nullptr), index);
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
  kernels_agree_at_every_alignment();
  checksum_is_xxh64();
  id_map_is_a_map();
  top_k_is_a_sort();
  a_file_cannot_lead_out_of_memory(folder);
  std::puts("check: ok");
}

}  // namespace vitrine::test
