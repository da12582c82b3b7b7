// Steps without special instructions: the oracle of the others. Loops have no branch to guess.
#include "distance/steps.h"

#include <cstring>

namespace vitrine::scalar {
namespace {

std::size_t mark(const std::uint32_t* slots, std::size_t count, std::uint64_t* words,
                 std::uint32_t* fresh) noexcept {
  std::size_t found = 0;
  for (std::size_t i = 0; i < count && slots[i] != 0xffff'ffff; ++i) {
    std::uint64_t& word = words[slots[i] / 64];
    const std::uint64_t bit = std::uint64_t{1} << (slots[i] % 64);
    fresh[found] = slots[i];
    found += (word & bit) == 0;
    word |= bit;
  }
  return found;
}

std::size_t nearer(const std::uint32_t* ranks, const std::uint32_t* slots, std::size_t count,
                   std::uint32_t worst, std::uint64_t* places) noexcept {
  std::size_t found = 0;
  for (std::size_t i = 0; i < count; ++i) {
    places[found] = (std::uint64_t{ranks[i]} << 32) | (std::uint64_t{slots[i]} << 1);
    found += ranks[i] < worst;
  }
  return found;
}

std::size_t insert(std::uint64_t* sorted, std::size_t count, std::uint64_t value) noexcept {
  const std::uint64_t* base = sorted;
  std::size_t left = count;
  while (left > 1) {
    const std::size_t half = left / 2;
    base = base[half - 1] < value ? base + half : base;
    left -= half;
  }
  const std::size_t at = static_cast<std::size_t>(base - sorted) + (left == 1 && *base < value);
  std::memmove(sorted + at + 1, sorted + at, (count - at) * sizeof *sorted);
  sorted[at] = value;
  return at;
}

}  // namespace

const StepKernels kSteps = {mark, nearer, insert};

}  // namespace vitrine::scalar
