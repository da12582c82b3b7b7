// Codes and halves with AVX-512 and its products of bytes (VNNI).
#include "distance/distance.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))

namespace vitrine::avx512 {
namespace {

AVX512 inline __m512i load64(const void* bytes) noexcept { return _mm512_load_si512(bytes); }

// Lane i of the result is the sum of rows[i]'s lanes. Sixteen lanes become four, then one: adding
// after a transposition costs less than four sums of lanes.
AVX512 inline __m128i sum_lanes(const __m512i (&rows)[4]) noexcept {
  const __m512i ab = _mm512_add_epi32(_mm512_unpacklo_epi32(rows[0], rows[1]),
                                      _mm512_unpackhi_epi32(rows[0], rows[1]));
  const __m512i cd = _mm512_add_epi32(_mm512_unpacklo_epi32(rows[2], rows[3]),
                                      _mm512_unpackhi_epi32(rows[2], rows[3]));
  const __m512i abcd = _mm512_add_epi32(_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd));
  // The zero-masked extract: g++ 12 warns of its own header for the plain one (avx512.cc).
  const __m256i high = _mm512_maskz_extracti64x4_epi64(0xf, abcd, 1);
  const __m256i half = _mm256_add_epi32(_mm512_castsi512_si256(abcd), high);
  return _mm_add_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

template <bool kWide>
AVX512 inline __m512i add_products(__m512i sum, __m512i row, __m512i query) noexcept {
  if constexpr (kWide) return _mm512_dpwssd_epi32(sum, row, query);
  return _mm512_dpbusd_epi32(sum, row, query);
}

// `kParts` registers to a row, known to the compiler: the query stays in registers.
template <bool kWide, std::size_t kParts>
AVX512 inline void dots_of(const std::int8_t* query, const std::uint8_t* const* rows,
                           std::size_t count, std::int32_t* dots) noexcept {
  __m512i part[kParts];
  for (std::size_t p = 0; p < kParts; ++p) part[p] = load64(query + 64 * p);
  for (std::size_t i = 0; i < count; i += 4) {
    __m512i sum[4];
    for (std::size_t r = 0; r < 4; ++r) {
      const std::uint8_t* row = rows[i + r < count ? i + r : count - 1];
      sum[r] = add_products<kWide>(_mm512_setzero_si512(), load64(row), part[0]);
      for (std::size_t p = 1; p < kParts; ++p) {
        sum[r] = add_products<kWide>(sum[r], load64(row + 64 * p), part[p]);
      }
    }
    const std::size_t left = count - i;
    const auto mask = static_cast<__mmask8>(left >= 4 ? 0xf : (1u << left) - 1);
    _mm_mask_storeu_epi32(dots + i, mask, sum_lanes(sum));
  }
}

template <bool kWide>
AVX512 void dots_of_any(const std::int8_t* query, const std::uint8_t* const* rows, std::size_t count,
                        std::size_t bytes, std::int32_t* dots) noexcept {
  for (std::size_t i = 0; i < count; i += 4) {
    __m512i sum[4] = {};
    for (std::size_t j = 0; j < bytes; j += 64) {
      const __m512i part = load64(query + j);
      for (std::size_t r = 0; r < 4; ++r) {
        const std::uint8_t* row = rows[i + r < count ? i + r : count - 1];
        sum[r] = add_products<kWide>(sum[r], load64(row + j), part);
      }
    }
    const std::size_t left = count - i;
    const auto mask = static_cast<__mmask8>(left >= 4 ? 0xf : (1u << left) - 1);
    _mm_mask_storeu_epi32(dots + i, mask, sum_lanes(sum));
  }
}

template <bool kWide>
AVX512 inline void dots_of_either(const std::int8_t* query, const std::uint8_t* const* rows,
                                  std::size_t count, std::size_t bytes, std::int32_t* dots) noexcept {
  if (bytes == 64) return dots_of<kWide, 1>(query, rows, count, dots);
  if (bytes == 128) return dots_of<kWide, 2>(query, rows, count, dots);
  if (bytes == 192) return dots_of<kWide, 3>(query, rows, count, dots);
  if (bytes == 256) return dots_of<kWide, 4>(query, rows, count, dots);
  dots_of_any<kWide>(query, rows, count, bytes, dots);
}

// Queries first..first + kQueries - 1, of one tile: a register of codes that comes from memory serves
// them all. Each query's four codes are part of the product's instruction, since they lie side by side.
template <std::size_t kQueries>
AVX512 inline void sieve_of(const std::uint8_t* group, std::size_t quads, __m512 length,
                            const Sieves& by, std::size_t first, std::uint16_t* passed) noexcept {
  const std::int8_t* queries = by.codes + first / kTile * packed_bytes(quads, shape) + first % kTile * 4;
  __m512i sum[kQueries];
  for (std::size_t q = 0; q < kQueries; ++q) sum[q] = _mm512_setzero_si512();
  for (std::size_t quad = 0; quad < quads; ++quad) {
    const __m512i codes = load64(group + 64 * quad);
    for (std::size_t q = 0; q < kQueries; ++q) {
      int four;
      __builtin_memcpy(&four, queries + 64 * quad + 4 * q, sizeof four);
      sum[q] = _mm512_dpbusd_epi32(sum[q], codes, _mm512_set1_epi32(four));
    }
  }
  const __m512 square = _mm512_mul_ps(length, length);
  for (std::size_t q = 0; q < kQueries; ++q) {
    const __m512 dot = _mm512_maskz_cvtepi32_ps(0xffff, sum[q]);
    const __m512 raised = _mm512_mul_ps(_mm512_add_ps(dot, _mm512_set1_ps(by.slack[first + q])), length);
    const __m512 lowered = _mm512_mul_ps(square, _mm512_set1_ps(by.gain[first + q]));
    passed[first + q] = _mm512_cmp_ps_mask(_mm512_sub_ps(raised, lowered),
                                           _mm512_set1_ps(by.floor[first + q]), _CMP_GE_OQ);
  }
}

}  // namespace

bool supported() noexcept {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni") &&
         __builtin_cpu_supports("fma") && __builtin_cpu_supports("avx2");
}

// Some thirty rows a query: the second core's speed is enough for them.
float half_l2sq(const float* a, const std::uint16_t* b, std::size_t dim) noexcept {
  return avx2::half_l2sq(a, b, dim);
}

float half_dot(const float* a, const std::uint16_t* b, std::size_t dim) noexcept {
  return avx2::half_dot(a, b, dim);
}

float fixed_l2sq(const float* a, const std::int16_t* b, float step, std::size_t dim) noexcept {
  return avx2::fixed_l2sq(a, b, step, dim);
}

float fixed_dot(const float* a, const std::int16_t* b, float step, std::size_t dim) noexcept {
  return avx2::fixed_dot(a, b, step, dim);
}

AVX512 void dots(const std::int8_t* query, const std::uint8_t* const* rows, std::size_t count,
                 std::size_t bytes, std::int32_t* dots) noexcept {
  dots_of_either<false>(query, rows, count, bytes, dots);
}

AVX512 void wide_dots(const std::int8_t* query, const std::uint8_t* const* rows, std::size_t count,
                      std::size_t bytes, std::int32_t* dots) noexcept {
  dots_of_either<true>(query, rows, count, bytes, dots);
}

// Sixteen rows of sixteen quads change places: by pairs, by fours, then by whole quarters of registers.
AVX512 void group(const std::uint8_t* const* rows, std::size_t bytes, std::uint8_t* group) noexcept {
  for (std::size_t at = 0; at < bytes; at += 64, group += 1024) {
    __m512i four[16];  // four[4 * i + j]: in each quarter q, quad 4 * q + j of rows 4 * i .. 4 * i + 3
    for (std::size_t i = 0; i < 4; ++i) {
      const __m512i a = load64(rows[4 * i] + at), b = load64(rows[4 * i + 1] + at);
      const __m512i c = load64(rows[4 * i + 2] + at), d = load64(rows[4 * i + 3] + at);
      const __m512i ab_low = _mm512_unpacklo_epi32(a, b), ab_high = _mm512_unpackhi_epi32(a, b);
      const __m512i cd_low = _mm512_unpacklo_epi32(c, d), cd_high = _mm512_unpackhi_epi32(c, d);
      four[4 * i] = _mm512_unpacklo_epi64(ab_low, cd_low);
      four[4 * i + 1] = _mm512_unpackhi_epi64(ab_low, cd_low);
      four[4 * i + 2] = _mm512_unpacklo_epi64(ab_high, cd_high);
      four[4 * i + 3] = _mm512_unpackhi_epi64(ab_high, cd_high);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      const __m512i low01 = _mm512_shuffle_i32x4(four[j], four[4 + j], 0x88);   // quarters 0 and 2
      const __m512i high01 = _mm512_shuffle_i32x4(four[j], four[4 + j], 0xdd);  // quarters 1 and 3
      const __m512i low23 = _mm512_shuffle_i32x4(four[8 + j], four[12 + j], 0x88);
      const __m512i high23 = _mm512_shuffle_i32x4(four[8 + j], four[12 + j], 0xdd);
      _mm512_store_si512(group + 64 * j, _mm512_shuffle_i32x4(low01, low23, 0x88));
      _mm512_store_si512(group + 64 * (4 + j), _mm512_shuffle_i32x4(high01, high23, 0x88));
      _mm512_store_si512(group + 64 * (8 + j), _mm512_shuffle_i32x4(low01, low23, 0xdd));
      _mm512_store_si512(group + 64 * (12 + j), _mm512_shuffle_i32x4(high01, high23, 0xdd));
    }
  }
}

AVX512 void sieve(const std::uint8_t* groups, std::size_t count, std::size_t quads, const float* lengths,
                  const Sieves& by, std::uint16_t* passed) noexcept {
  for (std::size_t g = 0; g < count; ++g) {
    const __m512 length = _mm512_loadu_ps(lengths + g * kGroup);
    const std::uint8_t* group = groups + g * quads * 64;
    for (std::size_t at = 0; at < quads * 64; at += 64) __builtin_prefetch(group + kAheadBytes + at);
    std::uint16_t* bits = passed + g * kSieveQueries;
    std::size_t q = 0;
    for (; q + 16 <= by.count; q += 16) sieve_of<16>(group, quads, length, by, q, bits);
    for (; q + 8 <= by.count; q += 8) sieve_of<8>(group, quads, length, by, q, bits);
    for (; q + 4 <= by.count; q += 4) sieve_of<4>(group, quads, length, by, q, bits);
    for (; q < by.count; ++q) sieve_of<1>(group, quads, length, by, q, bits);
  }
}

}  // namespace vitrine::avx512
#endif
