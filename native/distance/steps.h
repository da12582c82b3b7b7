// What a step of a walk does beside comparing: leaves out what was met, picks what is near enough, and
// puts it in order. Whole numbers only, so every set gives the same.
#pragma once

#include <cstddef>
#include <cstdint>

namespace vitrine {

// Values that a step may write beyond those it counts: room for a whole register.
inline constexpr std::size_t kStepPad = 16;

struct StepKernels {
  // Copies those of `slots` to `fresh` whose bits are not set in `words` (bit slot % 64 of word
  // slot / 64), and sets the bits. Ends at the first 2^32-1. Slots are below 2^31 and differ from each
  // other. Returns how many there are; `fresh` has room for count + kStepPad.
  std::size_t (*mark)(const std::uint32_t* slots, std::size_t count, std::uint64_t* words,
                      std::uint32_t* fresh) noexcept;

  // rank << 32 | slot << 1 of those whose rank is less than `worst`, in order. Returns how many there are;
  // `places` has room for count + kStepPad.
  std::size_t (*nearer)(const std::uint32_t* ranks, const std::uint32_t* slots, std::size_t count,
                        std::uint32_t worst, std::uint64_t* places) noexcept;

  // Puts `value`, which is not there, into the ascending `sorted`, whose `count` values become one more.
  // Returns where it is. There is room for count + kStepPad.
  std::size_t (*insert)(std::uint64_t* sorted, std::size_t count, std::uint64_t value) noexcept;
};

namespace scalar {
extern const StepKernels kSteps;
}
#if defined(__x86_64__)
namespace avx512 {
extern const StepKernels kSteps;
}
#endif

}  // namespace vitrine
