// Four floats a step, on 64-bit ARM, where NEON is always there.
#include "distance/distance.h"

#if defined(__aarch64__)
#include <arm_neon.h>

namespace vitrine::neon {

bool supported() noexcept { return true; }

// Four accumulators, one a register of the sixteen floats: their latencies overlap.
float l2sq(const float* a, const float* b, std::size_t dim) noexcept {
  float32x4_t sum[4] = {vdupq_n_f32(0), vdupq_n_f32(0), vdupq_n_f32(0), vdupq_n_f32(0)};
  for (std::size_t i = 0; i < dim; i += kRowPad) {
    for (std::size_t part = 0; part < 4; ++part) {
      const float32x4_t d = vsubq_f32(vld1q_f32(a + i + 4 * part), vld1q_f32(b + i + 4 * part));
      sum[part] = vfmaq_f32(sum[part], d, d);
    }
  }
  return vaddvq_f32(vaddq_f32(vaddq_f32(sum[0], sum[1]), vaddq_f32(sum[2], sum[3])));
}

float dot(const float* a, const float* b, std::size_t dim) noexcept {
  float32x4_t sum[4] = {vdupq_n_f32(0), vdupq_n_f32(0), vdupq_n_f32(0), vdupq_n_f32(0)};
  for (std::size_t i = 0; i < dim; i += kRowPad) {
    for (std::size_t part = 0; part < 4; ++part) {
      sum[part] = vfmaq_f32(sum[part], vld1q_f32(a + i + 4 * part), vld1q_f32(b + i + 4 * part));
    }
  }
  return vaddvq_f32(vaddq_f32(vaddq_f32(sum[0], sum[1]), vaddq_f32(sum[2], sum[3])));
}

}  // namespace vitrine::neon
#endif
