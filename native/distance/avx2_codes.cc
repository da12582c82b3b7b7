// Codes and halves with AVX2. It has no product of bytes that cannot overflow, so bytes are widened to
// sixteen bits first.
#include "distance/distance.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,fma")))

namespace vitrine::avx2 {
namespace {

AVX2 inline float sum_lanes(__m256 v) noexcept {
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

AVX2 inline __m256 widened(const std::uint16_t* halves) noexcept {
  const __m128i eight = _mm_loadu_si128(reinterpret_cast<const __m128i*>(halves));
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(eight), 16));
}

AVX2 inline __m256 counted(const std::int16_t* numbers) noexcept {
  const __m128i eight = _mm_loadu_si128(reinterpret_cast<const __m128i*>(numbers));
  return _mm256_cvtepi32_ps(_mm256_cvtepi16_epi32(eight));
}

AVX2 inline __m128i load16(const void* bytes) noexcept {
  return _mm_load_si128(static_cast<const __m128i*>(bytes));
}

AVX2 inline __m256i load32(const void* bytes) noexcept {
  return _mm256_load_si256(static_cast<const __m256i*>(bytes));
}

// The products of sixteen codes, in pairs.
AVX2 inline __m256i paired(__m256i query, const std::uint8_t* codes) noexcept {
  return _mm256_madd_epi16(query, _mm256_cvtepu8_epi16(load16(codes)));
}

AVX2 inline std::int32_t sum_lanes(__m256i v) noexcept {
  const __m128i four = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  const __m128i two = _mm_add_epi32(four, _mm_unpackhi_epi64(four, four));
  return _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32(two, 1)));
}

}  // namespace

AVX2 float half_l2sq(const float* a, const std::uint16_t* b, std::size_t dim) noexcept {
  __m256 now = _mm256_setzero_ps();
  __m256 next = _mm256_setzero_ps();
  for (std::size_t i = 0; i < dim; i += kHalfPad) {
    const __m256 d = _mm256_sub_ps(_mm256_loadu_ps(a + i), widened(b + i));
    const __m256 sum = _mm256_fmadd_ps(d, d, now);
    now = next;
    next = sum;
  }
  return sum_lanes(_mm256_add_ps(now, next));
}

AVX2 float half_dot(const float* a, const std::uint16_t* b, std::size_t dim) noexcept {
  __m256 now = _mm256_setzero_ps();
  __m256 next = _mm256_setzero_ps();
  for (std::size_t i = 0; i < dim; i += kHalfPad) {
    const __m256 sum = _mm256_fmadd_ps(_mm256_loadu_ps(a + i), widened(b + i), now);
    now = next;
    next = sum;
  }
  return sum_lanes(_mm256_add_ps(now, next));
}

AVX2 float fixed_l2sq(const float* a, const std::int16_t* b, float step, std::size_t dim) noexcept {
  __m256 now = _mm256_setzero_ps();
  __m256 next = _mm256_setzero_ps();
  const __m256 steps = _mm256_set1_ps(step);
  for (std::size_t i = 0; i < dim; i += kHalfPad) {
    const __m256 d = _mm256_fnmadd_ps(counted(b + i), steps, _mm256_loadu_ps(a + i));
    const __m256 sum = _mm256_fmadd_ps(d, d, now);
    now = next;
    next = sum;
  }
  return sum_lanes(_mm256_add_ps(now, next));
}

AVX2 float fixed_dot(const float* a, const std::int16_t* b, float step, std::size_t dim) noexcept {
  __m256 now = _mm256_setzero_ps();
  __m256 next = _mm256_setzero_ps();
  const __m256 steps = _mm256_set1_ps(step);
  for (std::size_t i = 0; i < dim; i += kHalfPad) {
    const __m256 value = _mm256_mul_ps(counted(b + i), steps);
    const __m256 sum = _mm256_fmadd_ps(_mm256_loadu_ps(a + i), value, now);
    now = next;
    next = sum;
  }
  return sum_lanes(_mm256_add_ps(now, next));
}

// Four rows a step: their sums do not wait for each other, and the query is widened once for them.
AVX2 void dots(const std::int8_t* query, const std::uint8_t* const* rows, std::size_t count,
               std::size_t bytes, std::int32_t* dots) noexcept {
  for (std::size_t i = 0; i < count; i += 4) {
    const std::uint8_t* row[4];
    for (std::size_t r = 0; r < 4; ++r) row[r] = rows[i + r < count ? i + r : count - 1];
    __m256i sum[4] = {};
    for (std::size_t j = 0; j < bytes; j += 16) {
      const __m256i wide = _mm256_cvtepi8_epi16(load16(query + j));
      for (std::size_t r = 0; r < 4; ++r) sum[r] = _mm256_add_epi32(sum[r], paired(wide, row[r] + j));
    }
    for (std::size_t r = 0; r < 4 && i + r < count; ++r) dots[i + r] = sum_lanes(sum[r]);
  }
}

AVX2 void wide_dots(const std::int8_t* query, const std::uint8_t* const* rows, std::size_t count,
                    std::size_t bytes, std::int32_t* dots) noexcept {
  for (std::size_t i = 0; i < count; i += 4) {
    const std::uint8_t* row[4];
    for (std::size_t r = 0; r < 4; ++r) row[r] = rows[i + r < count ? i + r : count - 1];
    __m256i sum[4] = {};
    for (std::size_t j = 0; j < bytes; j += 32) {
      const __m256i part = load32(query + j);
      for (std::size_t r = 0; r < 4; ++r) {
        sum[r] = _mm256_add_epi32(sum[r], _mm256_madd_epi16(part, load32(row[r] + j)));
      }
    }
    for (std::size_t r = 0; r < 4 && i + r < count; ++r) dots[i + r] = sum_lanes(sum[r]);
  }
}

void group(const std::uint8_t* const* rows, std::size_t bytes, std::uint8_t* group) noexcept {
  scalar::group(rows, bytes, group);
}

// One query at a time; the group stays in the first cache. Lanes hold pairs of a row, so two lanes make
// a row's sum: eight rows are in four registers.
AVX2 void sieve(const std::uint8_t* groups, std::size_t count, std::size_t quads, const float* lengths,
                const Sieves& by, std::uint16_t* passed) noexcept {
  for (std::size_t g = 0; g < count; ++g, groups += quads * 4 * kGroup, lengths += kGroup) {
    for (std::size_t q = 0; q < by.count; ++q) {
      const std::int8_t* query = by.codes + q / kTile * packed_bytes(quads, shape) + q % kTile * 4;
      __m256i sum[4] = {};
      for (std::size_t quad = 0; quad < quads; ++quad) {
        int four;
        __builtin_memcpy(&four, query + quad * 4 * kTile, sizeof four);
        const __m256i wide = _mm256_cvtepi8_epi16(_mm_set1_epi32(four));
        const std::uint8_t* codes = groups + quad * kGroup * 4;
        for (std::size_t r = 0; r < 4; ++r) sum[r] = _mm256_add_epi32(sum[r], paired(wide, codes + 16 * r));
      }
      unsigned bits = 0;
      for (std::size_t half = 0; half < 2; ++half) {
        // hadd works in lanes of 128 bits; the permutation puts rows in order again.
        const __m256i added = _mm256_hadd_epi32(sum[2 * half], sum[2 * half + 1]);
        const __m256 dot = _mm256_cvtepi32_ps(_mm256_permute4x64_epi64(added, 0xd8));
        const __m256 length = _mm256_loadu_ps(lengths + 8 * half);
        const __m256 raised = _mm256_mul_ps(_mm256_add_ps(dot, _mm256_set1_ps(by.slack[q])), length);
        const __m256 lowered = _mm256_mul_ps(_mm256_mul_ps(length, length), _mm256_set1_ps(by.gain[q]));
        const __m256 bound = _mm256_sub_ps(raised, lowered);
        const __m256 over = _mm256_cmp_ps(bound, _mm256_set1_ps(by.floor[q]), _CMP_GE_OQ);
        bits |= static_cast<unsigned>(_mm256_movemask_ps(over)) << (8 * half);
      }
      passed[g * kSieveQueries + q] = static_cast<std::uint16_t>(bits);
    }
  }
}

}  // namespace vitrine::avx2
#endif
