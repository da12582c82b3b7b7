// Steps with AVX-512: sixteen slots or ranks at a time, eight places.
#include "distance/steps.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,bmi2,popcnt")))

namespace vitrine::avx512 {
namespace {

AVX512 inline __mmask16 first(std::size_t count) noexcept {
  return static_cast<__mmask16>(count >= 16 ? 0xffff : (1u << count) - 1);
}

// All of sixteen are looked up before any is marked: they differ.
AVX512 std::size_t mark(const std::uint32_t* slots, std::size_t count, std::uint64_t* words,
                        std::uint32_t* fresh) noexcept {
  const __m512i nobody = _mm512_set1_epi32(-1);
  const __m512i one = _mm512_set1_epi32(1);
  std::size_t found = 0;
  for (std::size_t i = 0; i < count; i += 16) {
    const __m512i slot = _mm512_mask_loadu_epi32(nobody, first(count - i), slots + i);
    const unsigned ended = _mm512_cmpeq_epi32_mask(slot, nobody);
    const auto there = static_cast<__mmask16>(~ended & (ended - 1));  // before the first end
    const __m512i half = _mm512_maskz_srli_epi32(there, slot, 5);  // a word is two halves
    const __m512i word = _mm512_mask_i32gather_epi32(nobody, there, half, words, 4);
    const __m512i bit = _mm512_maskz_sllv_epi32(0xffff, one, _mm512_and_si512(slot, _mm512_set1_epi32(31)));
    const __mmask16 news = _mm512_mask_testn_epi32_mask(there, word, bit);
    _mm512_storeu_si512(fresh + found, _mm512_maskz_compress_epi32(news, slot));
    found += static_cast<std::size_t>(__builtin_popcount(news));
    if (ended != 0) break;
  }
  for (std::size_t i = 0; i < found; ++i) words[fresh[i] / 64] |= std::uint64_t{1} << (fresh[i] % 64);
  return found;
}

AVX512 inline std::size_t put(__mmask8 near, __m256i ranks, __m256i slots, std::uint64_t* places) noexcept {
  const __m512i high = _mm512_maskz_slli_epi64(0xff, _mm512_maskz_cvtepu32_epi64(0xff, ranks), 32);
  const __m512i low = _mm512_maskz_slli_epi64(0xff, _mm512_maskz_cvtepu32_epi64(0xff, slots), 1);
  _mm512_storeu_si512(places, _mm512_maskz_compress_epi64(near, _mm512_or_si512(high, low)));
  return static_cast<std::size_t>(__builtin_popcount(near));
}

AVX512 std::size_t nearer(const std::uint32_t* ranks, const std::uint32_t* slots, std::size_t count,
                          std::uint32_t worst, std::uint64_t* places) noexcept {
  const __m256i limit = _mm256_set1_epi32(static_cast<int>(worst));
  std::size_t found = 0;
  for (std::size_t i = 0; i < count; i += 8) {
    const auto there = static_cast<__mmask8>(first(count - i));
    const __m256i rank = _mm256_maskz_loadu_epi32(there, ranks + i);
    const __mmask8 near = _mm256_mask_cmplt_epu32_mask(there, rank, limit);
    if (near != 0) found += put(near, rank, _mm256_maskz_loadu_epi32(there, slots + i), places + found);
  }
  return found;
}

// From the end down: a place becomes the one before it, the value, or stays, whichever is the middle one.
AVX512 std::size_t insert(std::uint64_t* sorted, std::size_t count, std::uint64_t value) noexcept {
  const __m512i it = _mm512_set1_epi64(static_cast<long long>(value));
  const __m512i most = _mm512_set1_epi64(-1);
  for (std::size_t end = count / 8 * 8;; end -= 8) {
    const auto there = static_cast<__mmask8>(first(count - end));
    const __m512i now = _mm512_mask_loadu_epi64(most, there, sorted + end);
    // The first of all has none before it.
    const auto led = static_cast<__mmask8>(end == 0 ? 0xfe : 0xff);
    const __m512i before = _mm512_maskz_loadu_epi64(led, sorted + end - 1);
    const __mmask8 less = _mm512_cmplt_epu64_mask(now, it);
    const __m512i middle = _mm512_maskz_max_epu64(0xff, before, _mm512_maskz_min_epu64(0xff, now, it));
    _mm512_storeu_si512(sorted + end, middle);
    if (less != 0 || end == 0) return end + static_cast<std::size_t>(__builtin_popcount(less));
  }
}

}  // namespace

const StepKernels kSteps = {mark, nearer, insert};

}  // namespace vitrine::avx512
#endif
