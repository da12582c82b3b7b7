// Chance that is the same on every machine: seeded, never from the clock.
#pragma once

#include <cstdint>

namespace vitrine {

// Spreads a number over all 32 bits (lowbias32, Wellons 2018): near numbers give unlike results.
constexpr std::uint32_t mixed(std::uint32_t x) noexcept {
  x = (x ^ (x >> 16)) * 0x21f0aaadu;
  x = (x ^ (x >> 15)) * 0xd35a2d97u;
  return x ^ (x >> 15);
}

// splitmix64 (Steele, Lea & Flood 2014). Not for secrets.
class Prng {
 public:
  explicit constexpr Prng(std::uint64_t seed) noexcept : state_(seed) {}

  constexpr std::uint64_t next() noexcept {
    std::uint64_t z = (state_ += 0x9e37'79b9'7f4a'7c15u);
    z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9u;
    z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11ebu;
    return z ^ (z >> 31);
  }

  // In 0..end-1. The bias of a 64-bit draw is nothing for the ends used here.
  constexpr std::uint32_t below(std::uint32_t end) noexcept {
    return static_cast<std::uint32_t>(next() % end);
  }

  // In [-1, 1).
  constexpr float signed_unit() noexcept {
    return static_cast<float>(next() >> 40) * 0x1p-23f - 1.0f;
  }

 private:
  std::uint64_t state_;
};

}  // namespace vitrine
