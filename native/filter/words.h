// Loops over the words of bitmaps, one set an instruction set. They are bound by the cache they read
// from; what a set buys is mostly the counting.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace vitrine {

// Row r is bit r % 32 of word r / 32, as every search reads it.
using Word = std::uint32_t;
inline constexpr std::uint32_t kWordRows = 32;

// What is evaluated at a time: three of them, and what they are combined with, fit the first cache.
inline constexpr std::size_t kBlockWords = 1024;
inline constexpr std::uint32_t kBlockRows = kBlockWords * kWordRows;

// All work on one block, and `into` is not `other`. 64-byte alignment helps and is not needed.
struct WordKernels {
  const char* isa;
  bool (*supported)() noexcept;
  void (*intersect)(Word* into, const Word* other) noexcept;                 // into & other
  void (*unite)(Word* into, const Word* other) noexcept;                     // into | other
  void (*subtract)(Word* into, const Word* other) noexcept;                  // into & ~other
  void (*between)(Word* into, const Word* high, const Word* low) noexcept;   // high & ~low
  std::uint32_t (*count)(const Word* words) noexcept;
};

// Every set built for this processor family, best first; the last is "scalar".
std::span<const WordKernels> word_kernels() noexcept;

// The best supported set, or of the one named and those after it the first that is supported. nullptr
// where the name is unknown.
const WordKernels* select_words(const char* isa_or_null) noexcept;

}  // namespace vitrine
