// What the slots of a graph are.
#pragma once

#include <cstdint>

#include "core/slot_array.h"

namespace vitrine {

enum class SlotState : std::uint8_t {
  live,    // somebody's
  dead,    // removed; edges may lead here
  free,    // no edge leads here
  doomed,  // dead when the sweep began; free when it ends
};

using SlotStates = SlotArray<std::uint8_t>;

inline SlotState state_of(const SlotStates& states, std::uint32_t slot) noexcept {
  return static_cast<SlotState>(*states.at(slot));
}

}  // namespace vitrine
