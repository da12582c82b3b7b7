// Eight floats a step, with fused multiply-add. The flag is on the function, so nothing else of the
// build is compiled for a machine that may not be there.
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

}  // namespace

bool supported() noexcept { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }

// Two accumulators: one chain of FMAs would wait out each one's latency.
AVX2 float l2sq(const float* a, const float* b, std::size_t dim) noexcept {
  __m256 even = _mm256_setzero_ps();
  __m256 odd = _mm256_setzero_ps();
  for (std::size_t i = 0; i < dim; i += kRowPad) {
    const __m256 d0 = _mm256_sub_ps(_mm256_loadu_ps(a + i), _mm256_loadu_ps(b + i));
    const __m256 d1 = _mm256_sub_ps(_mm256_loadu_ps(a + i + 8), _mm256_loadu_ps(b + i + 8));
    even = _mm256_fmadd_ps(d0, d0, even);
    odd = _mm256_fmadd_ps(d1, d1, odd);
  }
  return sum_lanes(_mm256_add_ps(even, odd));
}

AVX2 float dot(const float* a, const float* b, std::size_t dim) noexcept {
  __m256 even = _mm256_setzero_ps();
  __m256 odd = _mm256_setzero_ps();
  for (std::size_t i = 0; i < dim; i += kRowPad) {
    even = _mm256_fmadd_ps(_mm256_loadu_ps(a + i), _mm256_loadu_ps(b + i), even);
    odd = _mm256_fmadd_ps(_mm256_loadu_ps(a + i + 8), _mm256_loadu_ps(b + i + 8), odd);
  }
  return sum_lanes(_mm256_add_ps(even, odd));
}

}  // namespace vitrine::avx2
#endif
