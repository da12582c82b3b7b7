// The table of instruction sets, and the choice: made when an index opens, never per distance.
#include <string_view>

#include "distance/distance.h"

namespace vitrine {
namespace {

#define VITRINE_SET(set) set::l2sq, set::dot, set::half_l2sq, set::half_dot, set::dots, set::wide_dots, set::sieve

constexpr DistanceKernels kSets[] = {
#if defined(__x86_64__)
    {"avx512", avx512::supported, VITRINE_SET(avx512)},
    {"avx2", avx2::supported, VITRINE_SET(avx2)},
#elif defined(__aarch64__)
    {"neon", neon::supported, VITRINE_SET(neon)},
#endif
    {"scalar", scalar::supported, VITRINE_SET(scalar)},
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

}  // namespace vitrine
