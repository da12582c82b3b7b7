#pragma once

#include <time.h>

#include <cstdint>

// Monotonic nanoseconds from an arbitrary start. All times of the generator are of this clock.
inline std::int64_t now_ns() noexcept {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<std::int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

inline constexpr double kNsPerUs = 1e3;
inline constexpr double kNsPerS = 1e9;

inline std::int64_t ns(double seconds) noexcept { return static_cast<std::int64_t>(seconds * kNsPerS); }
