// Products and distances of rows, for the best instruction set this machine runs: of floats, of floats
// with halves (bfloat16), and of codes of one byte (index/coder.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace vitrine {

// Floats a stored row is padded to. The index zero-pads rows to a multiple of this, so a kernel runs
// whole vectors only and has no tail loop.
inline constexpr std::size_t kRowPad = 16;
// The same for rows of bfloat16.
inline constexpr std::size_t kHalfPad = 8;
// Bytes that rows of codes are padded to.
inline constexpr std::size_t kCodePad = 64;
// Rows of codes that lie together where all of them are looked at (a group, below).
inline constexpr std::uint32_t kGroup = 16;
// Queries that lie together where a sieve reads them (a tile, below), and the most it takes in one call.
inline constexpr std::size_t kTile = 16;
inline constexpr std::size_t kSieveQueries = 64;

constexpr std::size_t padded(std::size_t count, std::size_t pad = kRowPad) noexcept {
  return (count + pad - 1) / pad * pad;
}

// bfloat16: the upper half of a float, rounded to nearest, ties to even. Finite values only; those
// within 0.4 % of the largest float would round to infinity, and are longer than kNormMax (rows.h).
constexpr std::uint16_t half_of(std::uint32_t float_bits) noexcept {
  return static_cast<std::uint16_t>((float_bits + 0x7fffu + ((float_bits >> 16) & 1u)) >> 16);
}

// Of two rows of `dim` floats; dim % kRowPad == 0. Any alignment. Never throws.
using DistanceFn = float (*)(const float* a, const float* b, std::size_t dim) noexcept;

// Of a row of floats and a row of bfloat16; dim % kHalfPad == 0. Any alignment.
using HalfFn = float (*)(const float* a, const std::uint16_t* b, std::size_t dim) noexcept;

// Of a row of floats and a row of whole numbers, each of which stands for so many `step`; dim % kHalfPad == 0.
// Any alignment.
using FixedFn = float (*)(const float* a, const std::int16_t* b, float step, std::size_t dim) noexcept;

// dots[i] = sum of rows[i][j] * query[j], of codes of one byte (rows unsigned, query signed) or, `wide`,
// of two (both signed). `bytes` to a row and to the query: a multiple of kCodePad. Rows and query lie on
// cache lines, and the sums fit. They are exact, so every set gives the same.
using DotsFn = void (*)(const std::int8_t* query, const std::uint8_t* const* rows, std::size_t count,
                        std::size_t bytes, std::int32_t* dots) noexcept;

// Queries on their way through groups: codes of kGroup rows by fours, `[quad][row][4]`, on a cache line.
// What a sieve lets pass for query q: rows r with
// (dot + slack[q]) * length[r] - length[r]^2 * gain[q] >= floor[q], in floats.
struct Sieves {
  const std::int8_t* codes;  // as `pack_query` lays them
  std::size_t count;         // 1..kSieveQueries
  float slack[kSieveQueries];
  float gain[kSieveQueries];
  float floor[kSieveQueries];
};

// How far ahead a sieve asks for groups: what it has to do with one takes so long that the processor does
// not look as far.
inline constexpr std::size_t kAheadBytes = 8192;

// passed[g * kSieveQueries + q]: bit r says whether row r of group g passes for query q. The groups lie
// one behind the other, and so do the `lengths` of their rows.
using SieveFn = void (*)(const std::uint8_t* groups, std::size_t count, std::size_t quads,
                         const float* lengths, const Sieves& by, std::uint16_t* passed) noexcept;

// Makes a group of the codes of kGroup rows; `bytes` to a row, a multiple of kCodePad.
using GroupFn = void (*)(const std::uint8_t* const* rows, std::size_t bytes, std::uint8_t* group) noexcept;

// How a set likes its sieve to be used.
struct SieveShape {
  std::size_t together;  // quads of a query that lie together: `[tile][quad / together][query][together][4]`
};

// What a scan that makes groups of rows and sieves them costs: nanoseconds, measured on one core
// (native/README.md). They decide between ways to search (index/plan.h): what counts is how they compare.
struct SieveCosts {
  double row = 0, row_value = 0;      // once a pass: a row, and each value of it
  double query = 0, query_value = 0;  // and for each query
  std::uint32_t together = 1;         // queries of a pass: as many as do not keep writers waiting for long
};

struct StepKernels;  // distance/steps.h

struct DistanceKernels {
  const char* isa;               // as the option `isa` and addon.isas() spell it
  bool (*supported)() noexcept;  // does this machine run it
  DistanceFn l2sq;               // sum of (a-b)^2, at least 0
  DistanceFn dot;                // sum of a*b
  HalfFn half_l2sq;
  HalfFn half_dot;
  FixedFn fixed_l2sq;
  FixedFn fixed_dot;
  DotsFn dots;
  DotsFn wide_dots;
  GroupFn group;
  SieveFn sieve;
  SieveShape shape;
  SieveCosts costs;
  const StepKernels* steps;
};

// Bytes of kTile queries of `quads` quads, packed.
constexpr std::size_t packed_bytes(std::size_t quads, const SieveShape& shape) noexcept {
  return padded(quads, shape.together) * 4 * kTile;
}

// Lays query `q` of a call, 4 * quads codes, where the sieve will read it. `into` lies on a cache line and
// has packed_bytes() for each tile.
void pack_query(const std::int8_t* codes, std::size_t quads, std::size_t q, const SieveShape& shape,
                std::int8_t* into) noexcept;

// Every set built for this processor family, best first; the last is "scalar".
std::span<const DistanceKernels> distance_kernels() noexcept;

// The best supported set, or the one named. nullptr if the name is unknown or unsupported.
const DistanceKernels* select_distance(const char* isa_or_null) noexcept;

// What each set has; a namespace a file and kind of row. A file that is not for this processor family
// is empty.
#define VITRINE_KERNELS(set)                                                                         \
  namespace set {                                                                                    \
  bool supported() noexcept;                                                                         \
  float l2sq(const float* a, const float* b, std::size_t dim) noexcept;                              \
  float dot(const float* a, const float* b, std::size_t dim) noexcept;                               \
  float half_l2sq(const float* a, const std::uint16_t* b, std::size_t dim) noexcept;                 \
  float half_dot(const float* a, const std::uint16_t* b, std::size_t dim) noexcept;                  \
  float fixed_l2sq(const float* a, const std::int16_t* b, float step, std::size_t dim) noexcept;     \
  float fixed_dot(const float* a, const std::int16_t* b, float step, std::size_t dim) noexcept;      \
  void dots(const std::int8_t* query, const std::uint8_t* const* rows, std::size_t count,            \
            std::size_t bytes, std::int32_t* dots) noexcept;                                         \
  void wide_dots(const std::int8_t* query, const std::uint8_t* const* rows, std::size_t count,       \
                 std::size_t bytes, std::int32_t* dots) noexcept;                                    \
  void group(const std::uint8_t* const* rows, std::size_t bytes, std::uint8_t* group) noexcept;      \
  void sieve(const std::uint8_t* groups, std::size_t count, std::size_t quads, const float* lengths, \
             const Sieves& by, std::uint16_t* passed) noexcept;                                      \
  inline constexpr SieveShape shape{1};                                                              \
  }
VITRINE_KERNELS(scalar)
VITRINE_KERNELS(avx2)
VITRINE_KERNELS(avx512)

VITRINE_KERNELS(neon)
#undef VITRINE_KERNELS

// AVX-512 with tiles (AMX): a sieve of its own, all else as in avx512.
namespace amx {
bool supported() noexcept;  // and allowed: Linux gives tiles to a process that asks for them
void sieve(const std::uint8_t* groups, std::size_t count, std::size_t quads, const float* lengths,
           const Sieves& by, std::uint16_t* passed) noexcept;
inline constexpr SieveShape shape{16};
}  // namespace amx

}  // namespace vitrine
