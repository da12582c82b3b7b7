// Distances between rows of floats, for the best instruction set this machine runs.
#pragma once

#include <cstddef>
#include <span>

namespace vitrine {

// Floats a stored row is padded to. The index zero-pads rows to a multiple of this, so a kernel runs
// whole vectors only and has no tail loop.
inline constexpr std::size_t kRowPad = 16;

constexpr std::size_t padded(std::size_t dim) noexcept {
  return (dim + kRowPad - 1) / kRowPad * kRowPad;
}

// Of two rows of `dim` floats; dim % kRowPad == 0. Any alignment. Never throws.
using DistanceFn = float (*)(const float* a, const float* b, std::size_t dim) noexcept;

struct DistanceKernels {
  const char* isa;               // as the option `isa` and addon.isas() spell it
  bool (*supported)() noexcept;  // does this machine run it
  DistanceFn l2sq;               // sum of (a-b)^2, at least 0
  DistanceFn dot;                // sum of a*b
};

// Every set built for this processor family, best first; the last is "scalar".
std::span<const DistanceKernels> distance_kernels() noexcept;

// The best supported set, or the one named. nullptr if the name is unknown or unsupported.
const DistanceKernels* select_distance(const char* isa_or_null) noexcept;

// One namespace a file; a file that is not for this processor family is empty.
namespace scalar {
bool supported() noexcept;
float l2sq(const float* a, const float* b, std::size_t dim) noexcept;
float dot(const float* a, const float* b, std::size_t dim) noexcept;
}  // namespace scalar
namespace avx2 {
bool supported() noexcept;
float l2sq(const float* a, const float* b, std::size_t dim) noexcept;
float dot(const float* a, const float* b, std::size_t dim) noexcept;
}  // namespace avx2
namespace avx512 {
bool supported() noexcept;
float l2sq(const float* a, const float* b, std::size_t dim) noexcept;
float dot(const float* a, const float* b, std::size_t dim) noexcept;
}  // namespace avx512
namespace neon {
bool supported() noexcept;
float l2sq(const float* a, const float* b, std::size_t dim) noexcept;
float dot(const float* a, const float* b, std::size_t dim) noexcept;
}  // namespace neon

}  // namespace vitrine
