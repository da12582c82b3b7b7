// The table of instruction sets, and the choice: made when an index opens, never per distance.
#include <string_view>

#include "distance/distance.h"

namespace vitrine {
namespace {

constexpr DistanceKernels kSets[] = {
#if defined(__x86_64__)
    {"avx512", avx512::supported, avx512::l2sq, avx512::dot},
    {"avx2", avx2::supported, avx2::l2sq, avx2::dot},
#elif defined(__aarch64__)
    {"neon", neon::supported, neon::l2sq, neon::dot},
#endif
    {"scalar", scalar::supported, scalar::l2sq, scalar::dot},
};

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
