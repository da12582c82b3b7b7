// The table of instruction sets, and the choice: made when an index opens, never per distance.
#include <algorithm>
#include <string_view>

#include "distance/distance.h"
#include "distance/steps.h"

namespace vitrine {
namespace {

// `tiled`: which set's sieve.
#define VITRINE_SET(set, tiled)                                                                       \
  set::l2sq, set::dot, set::half_l2sq, set::half_dot, set::fixed_l2sq, set::fixed_dot, set::dots,     \
      set::wide_dots, set::group, tiled::sieve, tiled::shape

constexpr DistanceKernels kSets[] = {
#if defined(__x86_64__)
    {"amx", amx::supported, VITRINE_SET(avx512, amx), {4, 0.11, 0.03, 0.002, 64}, &avx512::kSteps},
    {"avx512", avx512::supported, VITRINE_SET(avx512, avx512), {4, 0.11, 0.15, 0.005, 32}, &avx512::kSteps},
    {"avx2", avx2::supported, VITRINE_SET(avx2, avx2), {8, 0.3, 0, 0.033, 16}, &scalar::kSteps},
#elif defined(__aarch64__)
    {"neon", neon::supported, VITRINE_SET(neon, neon), {8, 0.3, 0, 0.05, 16}, &scalar::kSteps},
#endif
    {"scalar", scalar::supported, VITRINE_SET(scalar, scalar), {8, 0.3, 1, 0.17, 16}, &scalar::kSteps},
};

#undef VITRINE_SET

}  // namespace

std::span<const DistanceKernels> distance_kernels() noexcept { return kSets; }

const DistanceKernels* select_distance(const char* isa_or_null) noexcept {
  for (const DistanceKernels& set : kSets) {
    const bool wanted = isa_or_null == nullptr || std::string_view(isa_or_null) == set.isa;
    if (wanted && set.supported()) return &set;
  }
  return nullptr;
}

void pack_query(const std::int8_t* codes, std::size_t quads, std::size_t q, const SieveShape& shape,
                std::int8_t* into) noexcept {
  const std::size_t width = 4 * shape.together;
  std::int8_t* to = into + q / kTile * packed_bytes(quads, shape) + q % kTile * width;
  for (std::size_t left = 4 * quads; left > 0; to += kTile * width) {
    const std::size_t now = std::min(left, width);
    std::copy_n(codes, now, to);
    codes += now;
    left -= now;
  }
}

}  // namespace vitrine
