// What an index is made with, and what a search is given.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <thread>

#include "distance/distance.h"
#include "index/plan.h"

namespace vitrine {

// The values are those of the file format.
enum class Kind : std::uint32_t { exact = 0, graph = 1 };
enum class Metric : std::uint32_t { ip = 0, cosine = 1, l2 = 2 };
// i16: whole numbers of sixteen bits, in steps of a 32,767th of the vector's largest value. As short as bf16,
// and a hundred times as fine.
enum class Keep : std::uint32_t { f32 = 0, bf16 = 1, i16 = 2 };
// Of a row of sixteen bits a value.
constexpr std::size_t half_width(std::size_t dim, Keep keep) noexcept {
  return padded(dim, kHalfPad) + (keep == Keep::i16 ? sizeof(float) / sizeof(std::uint16_t) : 0);
}

// Bytes to a code of a graph: fitted to the vectors, or as told.
enum class Coding : std::uint32_t { fitted = 0, narrow = 1, wide = 2 };

inline constexpr std::uint32_t kDimMax = 4096;
inline constexpr std::uint32_t kResultsMax = 65'535;  // k, and the beam
inline constexpr std::uint32_t kDegreeMin = 4, kDegreeMax = 256;
inline constexpr std::uint32_t kThreadsMax = 256;
inline constexpr std::uint32_t kBuildBeamMin = 8, kBuildBeamMax = 4096;

// Of this machine.
inline std::uint32_t all_cores() noexcept {
  return std::clamp(std::thread::hardware_concurrency(), 1u, kThreadsMax);
}

struct IndexOptions {
  Kind kind = Kind::exact;
  Metric metric = Metric::ip;
  std::uint32_t dim = 0;                     // 1..kDimMax
  Keep keep = Keep::f32;                     // of the vectors, beside their codes
  std::uint32_t degree = 48;                 // graph: edges a vector keeps
  std::uint32_t build_beam = 100;            // graph: width of the search that finds them
  std::uint32_t threads = 1;                 // graph: that build it, where many vectors come together
  const DistanceKernels* kernels = nullptr;  // of select_distance
  Coding coding = Coding::fitted;            // graph
};

// Which ids a search may return: bit `id % 32` of word `id / 32`. Ids beyond the end are not allowed.
struct Allow {
  static constexpr std::uint64_t kNotCounted = ~std::uint64_t{0};

  std::span<const std::uint32_t> words;
  std::uint64_t count = kNotCounted;  // bits set, where that is known

  bool has(std::uint32_t id) const noexcept {
    const std::size_t word = id / 32;
    return word < words.size() && ((words[word] >> (id % 32)) & 1u) != 0;
  }
};

// How a search was made, for whoever asks. Of several queries: the last one's choice, and all counts.
struct Explanation {
  Question question = {};
  Choice choice = {};
  std::uint64_t walked = 0;    // queries answered by a walk
  std::uint64_t scanned = 0;   // and by a scan,
  std::uint64_t given_up = 0;  // so many of these after a walk had begun
  std::uint64_t steps = 0;     // of walks with a filter
};

// Rows of `dim` floats, and where their results go: row q's at [q * k, (q + 1) * k) of `ids` and
// `scores`, best first, ties by lower id. Places without a result get kNone and -infinity.
struct SearchRequest {
  std::span<const float> queries;  // a multiple of dim
  std::uint32_t k = 0;             // 1..kResultsMax
  std::uint32_t beam = 100;        // graph: 1..kResultsMax; at least k is used
  const Allow* allow = nullptr;    // all ids where it is nullptr
  std::uint32_t* ids = nullptr;
  float* scores = nullptr;
  Explanation* explain = nullptr;  // filled where it is asked for
  // In place of `allow`, where it is not empty: one for each query, nullptr where that may have all.
  std::span<const Allow* const> allow_each = {};
};

}  // namespace vitrine
