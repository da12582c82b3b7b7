// Sixteen floats a step.
#include "distance/distance.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f")))

namespace vitrine::avx512 {

static_assert(kRowPad == 16, "a step is one whole register");

namespace {

// Not _mm512_reduce_add_ps, nor a plain extract or cast: g++ 12 warns of its own header there, which
// leaves a register undefined on purpose. The zero-masked extract has none, and costs the same.
AVX512 inline float sum_lanes(__m512 v) noexcept {
  const __m256d low = _mm512_maskz_extractf64x4_pd(0xf, _mm512_castps_pd(v), 0);
  const __m256d high = _mm512_maskz_extractf64x4_pd(0xf, _mm512_castps_pd(v), 1);
  const __m256 eight = _mm256_add_ps(_mm256_castpd_ps(low), _mm256_castpd_ps(high));
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

}  // namespace

// Two accumulators, taken in turn: one chain of FMAs would wait out each one's latency.
AVX512 float l2sq(const float* a, const float* b, std::size_t dim) noexcept {
  __m512 now = _mm512_setzero_ps();
  __m512 next = _mm512_setzero_ps();
  for (std::size_t i = 0; i < dim; i += kRowPad) {
    const __m512 d = _mm512_sub_ps(_mm512_loadu_ps(a + i), _mm512_loadu_ps(b + i));
    const __m512 sum = _mm512_fmadd_ps(d, d, now);
    now = next;
    next = sum;
  }
  return sum_lanes(_mm512_add_ps(now, next));
}

AVX512 float dot(const float* a, const float* b, std::size_t dim) noexcept {
  __m512 now = _mm512_setzero_ps();
  __m512 next = _mm512_setzero_ps();
  for (std::size_t i = 0; i < dim; i += kRowPad) {
    const __m512 sum = _mm512_fmadd_ps(_mm512_loadu_ps(a + i), _mm512_loadu_ps(b + i), now);
    now = next;
    next = sum;
  }
  return sum_lanes(_mm512_add_ps(now, next));
}

}  // namespace vitrine::avx512
#endif
