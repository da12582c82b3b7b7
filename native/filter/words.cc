#include "filter/words.h"

#include <string_view>

namespace vitrine {
namespace {

// The bodies, written once: the compiler makes vectors of them for the set they are inlined into.
#define BODY [[gnu::always_inline]] inline

BODY void intersect_body(Word* __restrict into, const Word* __restrict other) noexcept {
  for (std::size_t w = 0; w < kBlockWords; ++w) into[w] &= other[w];
}

BODY void unite_body(Word* __restrict into, const Word* __restrict other) noexcept {
  for (std::size_t w = 0; w < kBlockWords; ++w) into[w] |= other[w];
}

BODY void subtract_body(Word* __restrict into, const Word* __restrict other) noexcept {
  for (std::size_t w = 0; w < kBlockWords; ++w) into[w] &= ~other[w];
}

BODY void between_body(Word* __restrict into, const Word* __restrict high,
                       const Word* __restrict low) noexcept {
  for (std::size_t w = 0; w < kBlockWords; ++w) into[w] = high[w] & ~low[w];
}

BODY std::uint32_t count_body(const Word* words) noexcept {
  std::uint32_t count = 0;
  for (std::size_t w = 0; w < kBlockWords; ++w) {
    count += static_cast<std::uint32_t>(__builtin_popcount(words[w]));
  }
  return count;
}

#undef BODY

// One set: the bodies, compiled for the target.
#define WORD_SET(NAME, TARGET)                                                                   \
  namespace NAME {                                                                               \
  TARGET void intersect(Word* into, const Word* other) noexcept { intersect_body(into, other); } \
  TARGET void unite(Word* into, const Word* other) noexcept { unite_body(into, other); }         \
  TARGET void subtract(Word* into, const Word* other) noexcept { subtract_body(into, other); }   \
  TARGET void between(Word* into, const Word* high, const Word* low) noexcept {                  \
    between_body(into, high, low);                                                               \
  }                                                                                              \
  TARGET std::uint32_t count(const Word* words) noexcept { return count_body(words); }           \
  }

#if defined(__x86_64__)
WORD_SET(avx512, __attribute__((target("avx512f,avx512bw,avx512vpopcntdq,prefer-vector-width=512"))))
WORD_SET(avx2, __attribute__((target("avx2,popcnt"))))

bool has_avx512() noexcept {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vpopcntdq");
}
bool has_avx2() noexcept {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt");
}
#endif
WORD_SET(scalar, )

#undef WORD_SET

bool always() noexcept { return true; }

constexpr WordKernels kSets[] = {
#if defined(__x86_64__)
    // Tiles only multiply.
    {"amx", has_avx512, avx512::intersect, avx512::unite, avx512::subtract, avx512::between,
     avx512::count},
    {"avx512", has_avx512, avx512::intersect, avx512::unite, avx512::subtract, avx512::between,
     avx512::count},
    {"avx2", has_avx2, avx2::intersect, avx2::unite, avx2::subtract, avx2::between, avx2::count},
#elif defined(__aarch64__)
    // NEON is part of every aarch64: what the compiler makes of the bodies uses it.
    {"neon", always, scalar::intersect, scalar::unite, scalar::subtract, scalar::between,
     scalar::count},
#endif
    {"scalar", always, scalar::intersect, scalar::unite, scalar::subtract, scalar::between,
     scalar::count},
};

}  // namespace

std::span<const WordKernels> word_kernels() noexcept { return kSets; }

const WordKernels* select_words(const char* isa_or_null) noexcept {
  bool reached = isa_or_null == nullptr;
  for (const WordKernels& set : kSets) {
    reached = reached || std::string_view(isa_or_null) == set.isa;
    if (reached && set.supported()) return &set;
  }
  return nullptr;
}

}  // namespace vitrine
