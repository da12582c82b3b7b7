// The sieve with AMX: one instruction multiplies a tile of sixteen queries with a tile of sixteen rows,
// 64 codes of each, ten times as fast as AVX-512 does.
//
// A tile of rows is a group as it lies in memory. Tiles are 8 KB of registers that the system saves when
// it takes the thread away, so every call sets them up and gives them back.
#include "distance/distance.h"

#if defined(__x86_64__)
#if defined(__linux__) && (defined(__clang__) ? __clang_major__ >= 12 : __GNUC__ >= 11)
#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#define AMX __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni,amx-tile,amx-int8")))

namespace vitrine::amx {
namespace {

constexpr std::size_t kQuads = 16;         // of a whole tile
constexpr std::size_t kTileBytes = 1024;
constexpr std::size_t kTilesMax = kSieveQueries / kTile;

// Tiles by number: what their names mean in `add_products`.
//   0-3 sums of a tile of queries each, [query][row]; 4 rows; 5 queries; 6, 7 these two, where less than a
//   whole tile is left of the codes.
struct alignas(64) Config {
  std::uint8_t palette = 1;
  std::uint8_t start_row = 0;
  std::uint8_t reserved[14] = {};
  std::uint16_t row_bytes[16] = {};
  std::uint8_t rows[16] = {};
};
static_assert(sizeof(Config) == 64);

Config config_for(std::size_t quads) noexcept {
  Config config;
  for (int tile = 0; tile < 8; ++tile) {
    config.row_bytes[tile] = 64;
    config.rows[tile] = 16;
  }
  if (const std::size_t left = quads % kQuads; left > 0) {
    config.rows[6] = static_cast<std::uint8_t>(left);
    config.row_bytes[7] = static_cast<std::uint16_t>(4 * left);
  }
  return config;
}

// The compiler does not know what memory tiles are read from and written to.
inline void settle() noexcept { __asm__ volatile("" ::: "memory"); }

// sums[tile][query][row], of kTiles tiles of queries and one group.
template <std::size_t kTiles>
AMX inline void multiply(const std::uint8_t* group, const std::int8_t* queries, std::size_t quads,
                         std::int32_t* sums) noexcept {
  const std::size_t whole = quads / kQuads;
  const std::size_t apart = packed_bytes(quads, shape);
  _tile_zero(0);
  if constexpr (kTiles > 1) _tile_zero(1);
  if constexpr (kTiles > 2) _tile_zero(2);
  if constexpr (kTiles > 3) _tile_zero(3);
#define VITRINE_STEP(rows, codes)                          \
  _tile_loadd(rows, group, 64);                            \
  _tile_loadd(codes, queries, 64);                         \
  _tile_dpbsud(0, codes, rows);                            \
  if constexpr (kTiles > 1) {                              \
    _tile_loadd(codes, queries + apart, 64);               \
    _tile_dpbsud(1, codes, rows);                          \
  }                                                        \
  if constexpr (kTiles > 2) {                              \
    _tile_loadd(codes, queries + 2 * apart, 64);           \
    _tile_dpbsud(2, codes, rows);                          \
  }                                                        \
  if constexpr (kTiles > 3) {                              \
    _tile_loadd(codes, queries + 3 * apart, 64);           \
    _tile_dpbsud(3, codes, rows);                          \
  }
  for (std::size_t step = 0; step < whole; ++step) {
    VITRINE_STEP(4, 5)
    group += kTileBytes;
    queries += kTileBytes;
  }
  if (quads % kQuads > 0) {
    VITRINE_STEP(6, 7)
  }
#undef VITRINE_STEP
  _tile_stored(0, sums, 64);
  if constexpr (kTiles > 1) _tile_stored(1, sums + 256, 64);
  if constexpr (kTiles > 2) _tile_stored(2, sums + 512, 64);
  if constexpr (kTiles > 3) _tile_stored(3, sums + 768, 64);
}

AMX inline void judge(const std::int32_t* sums, const float* lengths, const Sieves& by,
                      std::uint16_t* passed) noexcept {
  const __m512 length = _mm512_loadu_ps(lengths);
  const __m512 square = _mm512_mul_ps(length, length);
  for (std::size_t q = 0; q < by.count; ++q) {
    const __m512 dot = _mm512_maskz_cvtepi32_ps(0xffff, _mm512_load_si512(sums + 16 * q));
    const __m512 raised = _mm512_mul_ps(_mm512_add_ps(dot, _mm512_set1_ps(by.slack[q])), length);
    const __m512 lowered = _mm512_mul_ps(square, _mm512_set1_ps(by.gain[q]));
    passed[q] = _mm512_cmp_ps_mask(_mm512_sub_ps(raised, lowered), _mm512_set1_ps(by.floor[q]), _CMP_GE_OQ);
  }
}

// A group's sums are judged while the next one's are being made.
template <std::size_t kTiles>
AMX void sieve_of(const std::uint8_t* groups, std::size_t count, std::size_t quads, const float* lengths,
                  const Sieves& by, std::uint16_t* passed) noexcept {
  alignas(64) std::int32_t sums[2][kTiles * 256];
  const std::size_t bytes = quads * 64;
  for (std::size_t g = 0; g <= count; ++g) {
    const std::uint8_t* ahead = groups + g * bytes + kAheadBytes;
    for (std::size_t at = 0; at < bytes; at += 64) __builtin_prefetch(ahead + at);
    if (g < count) multiply<kTiles>(groups + g * quads * 64, by.codes, quads, sums[g % 2]);
    settle();
    if (g > 0) judge(sums[(g - 1) % 2], lengths + (g - 1) * kGroup, by, passed + (g - 1) * kSieveQueries);
  }
}

// One query would leave fifteen sixteenths of a tile empty: products as in avx512 keep up with memory.
AMX void sieve_one(const std::uint8_t* groups, std::size_t count, std::size_t quads, const float* lengths,
                   const Sieves& by, std::uint16_t* passed) noexcept {
  for (std::size_t g = 0; g < count; ++g) {
    __m512i sum[2] = {_mm512_setzero_si512(), _mm512_setzero_si512()};
    const std::int8_t* query = by.codes;
    for (std::size_t quad = 0; quad < quads; ++quad, groups += 64) {
      int four;
      __builtin_memcpy(&four, query + 4 * (quad % kQuads), sizeof four);
      const __m512i codes = _mm512_load_si512(groups);
      const __m512i next = _mm512_dpbusd_epi32(sum[0], codes, _mm512_set1_epi32(four));
      sum[0] = sum[1];
      sum[1] = next;
      if (quad % kQuads == kQuads - 1) query += kTileBytes;
    }
    alignas(64) std::int32_t sums[kGroup];
    _mm512_store_si512(sums, _mm512_add_epi32(sum[0], sum[1]));
    judge(sums, lengths + g * kGroup, by, passed + g * kSieveQueries);
  }
}

bool has_tiles() noexcept {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & bit_OSXSAVE) == 0) return false;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return false;
  constexpr unsigned kTileBit = 1u << 24, kInt8Bit = 1u << 25;
  return (d & kTileBit) != 0 && (d & kInt8Bit) != 0;
}

// Once for the process: from then on each of its threads may use tiles.
bool ask_for_tiles() noexcept {
  constexpr int kAskForState = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, kAskForState, kTileData) == 0;
}

}  // namespace

bool supported() noexcept {
  static const bool allowed = avx512::supported() && has_tiles() && ask_for_tiles();
  return allowed;
}

AMX void sieve(const std::uint8_t* groups, std::size_t count, std::size_t quads, const float* lengths,
               const Sieves& by, std::uint16_t* passed) noexcept {
  static_assert(kTilesMax == 4);
  if (by.count == 1) return sieve_one(groups, count, quads, lengths, by, passed);
  const Config config = config_for(quads);
  settle();
  _tile_loadconfig(&config);
  switch ((by.count + kTile - 1) / kTile) {
    case 1: sieve_of<1>(groups, count, quads, lengths, by, passed); break;
    case 2: sieve_of<2>(groups, count, quads, lengths, by, passed); break;
    case 3: sieve_of<3>(groups, count, quads, lengths, by, passed); break;
    default: sieve_of<4>(groups, count, quads, lengths, by, passed); break;
  }
  _tile_release();
}

}  // namespace vitrine::amx

#else  // no tiles for this system or from this compiler

namespace vitrine::amx {

bool supported() noexcept { return false; }

void sieve(const std::uint8_t* groups, std::size_t count, std::size_t quads, const float* lengths,
           const Sieves& by, std::uint16_t* passed) noexcept {
  avx512::sieve(groups, count, quads, lengths, by, passed);
}

}  // namespace vitrine::amx

#endif
#endif
