// Codes and halves with NEON, on 64-bit ARM. Bytes are widened to sixteen bits: the product of an
// unsigned and a signed byte is not in every processor.
#include "distance/distance.h"

#if defined(__aarch64__)
#include <arm_neon.h>

namespace vitrine::neon {
namespace {

float32x4_t low(uint16x8_t halves) noexcept {
  return vreinterpretq_f32_u32(vshll_n_u16(vget_low_u16(halves), 16));
}

float32x4_t high(uint16x8_t halves) noexcept {
  return vreinterpretq_f32_u32(vshll_n_u16(vget_high_u16(halves), 16));
}

float32x4_t low(int16x8_t numbers) noexcept { return vcvtq_f32_s32(vmovl_s16(vget_low_s16(numbers))); }

float32x4_t high(int16x8_t numbers) noexcept { return vcvtq_f32_s32(vmovl_s16(vget_high_s16(numbers))); }

int16x8_t low(uint8x16_t codes) noexcept { return vreinterpretq_s16_u16(vmovl_u8(vget_low_u8(codes))); }

int16x8_t high(uint8x16_t codes) noexcept {
  return vreinterpretq_s16_u16(vmovl_u8(vget_high_u8(codes)));
}

int32x4_t add_products(int32x4_t sum, int16x8_t a, int16x8_t b) noexcept {
  return vmlal_high_s16(vmlal_s16(sum, vget_low_s16(a), vget_low_s16(b)), a, b);
}

}  // namespace

float half_l2sq(const float* a, const std::uint16_t* b, std::size_t dim) noexcept {
  float32x4_t sum[2] = {vdupq_n_f32(0), vdupq_n_f32(0)};
  for (std::size_t i = 0; i < dim; i += kHalfPad) {
    const uint16x8_t halves = vld1q_u16(b + i);
    const float32x4_t d0 = vsubq_f32(vld1q_f32(a + i), low(halves));
    const float32x4_t d1 = vsubq_f32(vld1q_f32(a + i + 4), high(halves));
    sum[0] = vfmaq_f32(sum[0], d0, d0);
    sum[1] = vfmaq_f32(sum[1], d1, d1);
  }
  return vaddvq_f32(vaddq_f32(sum[0], sum[1]));
}

float half_dot(const float* a, const std::uint16_t* b, std::size_t dim) noexcept {
  float32x4_t sum[2] = {vdupq_n_f32(0), vdupq_n_f32(0)};
  for (std::size_t i = 0; i < dim; i += kHalfPad) {
    const uint16x8_t halves = vld1q_u16(b + i);
    sum[0] = vfmaq_f32(sum[0], vld1q_f32(a + i), low(halves));
    sum[1] = vfmaq_f32(sum[1], vld1q_f32(a + i + 4), high(halves));
  }
  return vaddvq_f32(vaddq_f32(sum[0], sum[1]));
}

float fixed_l2sq(const float* a, const std::int16_t* b, float step, std::size_t dim) noexcept {
  float32x4_t sum[2] = {vdupq_n_f32(0), vdupq_n_f32(0)};
  for (std::size_t i = 0; i < dim; i += kHalfPad) {
    const int16x8_t numbers = vld1q_s16(b + i);
    const float32x4_t d0 = vsubq_f32(vld1q_f32(a + i), vmulq_n_f32(low(numbers), step));
    const float32x4_t d1 = vsubq_f32(vld1q_f32(a + i + 4), vmulq_n_f32(high(numbers), step));
    sum[0] = vfmaq_f32(sum[0], d0, d0);
    sum[1] = vfmaq_f32(sum[1], d1, d1);
  }
  return vaddvq_f32(vaddq_f32(sum[0], sum[1]));
}

float fixed_dot(const float* a, const std::int16_t* b, float step, std::size_t dim) noexcept {
  float32x4_t sum[2] = {vdupq_n_f32(0), vdupq_n_f32(0)};
  for (std::size_t i = 0; i < dim; i += kHalfPad) {
    const int16x8_t numbers = vld1q_s16(b + i);
    sum[0] = vfmaq_f32(sum[0], vld1q_f32(a + i), vmulq_n_f32(low(numbers), step));
    sum[1] = vfmaq_f32(sum[1], vld1q_f32(a + i + 4), vmulq_n_f32(high(numbers), step));
  }
  return vaddvq_f32(vaddq_f32(sum[0], sum[1]));
}

void dots(const std::int8_t* query, const std::uint8_t* const* rows, std::size_t count,
          std::size_t bytes, std::int32_t* dots) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    int32x4_t sum[2] = {vdupq_n_s32(0), vdupq_n_s32(0)};
    for (std::size_t j = 0; j < bytes; j += 16) {
      const int8x16_t part = vld1q_s8(query + j);
      const uint8x16_t codes = vld1q_u8(rows[i] + j);
      sum[0] = add_products(sum[0], vmovl_s8(vget_low_s8(part)), low(codes));
      sum[1] = add_products(sum[1], vmovl_high_s8(part), high(codes));
    }
    dots[i] = vaddvq_s32(vaddq_s32(sum[0], sum[1]));
  }
}

void wide_dots(const std::int8_t* query, const std::uint8_t* const* rows, std::size_t count,
               std::size_t bytes, std::int32_t* dots) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    int32x4_t sum = vdupq_n_s32(0);
    for (std::size_t j = 0; j < bytes; j += 16) {
      sum = add_products(sum, vreinterpretq_s16_s8(vld1q_s8(query + j)),
                         vreinterpretq_s16_u8(vld1q_u8(rows[i] + j)));
    }
    dots[i] = vaddvq_s32(sum);
  }
}

void group(const std::uint8_t* const* rows, std::size_t bytes, std::uint8_t* group) noexcept {
  scalar::group(rows, bytes, group);
}

// Two rows' products to a register of eight lanes: pairwise additions make four lanes of one row each.
void sieve(const std::uint8_t* groups, std::size_t count, std::size_t quads, const float* lengths,
           const Sieves& by, std::uint16_t* passed) noexcept {
  for (std::size_t g = 0; g < count; ++g, groups += quads * 4 * kGroup, lengths += kGroup) {
    for (std::size_t q = 0; q < by.count; ++q) {
      const std::int8_t* query = by.codes + q / kTile * packed_bytes(quads, shape) + q % kTile * 4;
      int32x4_t pairs[8];
      for (int32x4_t& pair : pairs) pair = vdupq_n_s32(0);
      for (std::size_t quad = 0; quad < quads; ++quad) {
        std::int32_t four;
        __builtin_memcpy(&four, query + quad * 4 * kTile, sizeof four);
        const int16x8_t part = vmovl_s8(vreinterpret_s8_s32(vdup_n_s32(four)));
        for (std::size_t at = 0; at < 4; ++at) {
          const uint8x16_t codes = vld1q_u8(groups + 64 * quad + 16 * at);
          const int16x8_t lo = low(codes), hi = high(codes);
          pairs[2 * at] = vaddq_s32(pairs[2 * at],
                                    vpaddq_s32(vmull_s16(vget_low_s16(lo), vget_low_s16(part)),
                                               vmull_high_s16(lo, part)));
          pairs[2 * at + 1] = vaddq_s32(pairs[2 * at + 1],
                                        vpaddq_s32(vmull_s16(vget_low_s16(hi), vget_low_s16(part)),
                                                   vmull_high_s16(hi, part)));
        }
      }
      unsigned bits = 0;
      for (std::size_t at = 0; at < 4; ++at) {
        float bound[4];
        const float32x4_t dot = vcvtq_f32_s32(vpaddq_s32(pairs[2 * at], pairs[2 * at + 1]));
        const float32x4_t length = vld1q_f32(lengths + 4 * at);
        const float32x4_t raised = vmulq_f32(vaddq_f32(dot, vdupq_n_f32(by.slack[q])), length);
        const float32x4_t lowered = vmulq_f32(vmulq_f32(length, length), vdupq_n_f32(by.gain[q]));
        vst1q_f32(bound, vsubq_f32(raised, lowered));
        for (std::size_t i = 0; i < 4; ++i) {
          bits |= static_cast<unsigned>(bound[i] >= by.floor[q]) << (4 * at + i);
        }
      }
      passed[g * kSieveQueries + q] = static_cast<std::uint16_t>(bits);
    }
  }
}

}  // namespace vitrine::neon
#endif
