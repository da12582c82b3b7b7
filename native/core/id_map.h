// From the caller's ids to slot numbers.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/prng.h"

namespace vitrine {

// Stands for no id and no slot. No id may have this value.
inline constexpr std::uint32_t kNone = 0xffff'ffff;

// Open addressing with linear probing, a quarter to half full: 16 to 32 bytes an id. Growing is apart
// from `put`, so that a writer can make the larger table while readers still use this one.
class IdMap {
 public:
  IdMap() : cells_(kCellsMin) {}

  std::size_t size() const noexcept { return size_; }
  std::size_t bytes() const noexcept { return cells_.size() * sizeof(Cell); }

  // The id's slot, or kNone.
  std::uint32_t find(std::uint32_t id) const noexcept {
    for (std::size_t at = home(id);; at = after(at)) {
      if (cells_[at].id == id) return cells_[at].slot;
      if (cells_[at].id == kNone) return kNone;
    }
  }

  // Whether one more id needs a larger table: call `grown` before `put`.
  bool full() const noexcept { return (size_ + 1) * 2 > cells_.size(); }

  IdMap grown() const {
    IdMap larger(cells_.size() * 2);
    for (const Cell& cell : cells_) {
      if (cell.id != kNone) larger.put(cell.id, cell.slot);
    }
    return larger;
  }

  // Adds the id or gives it another slot. Not `full`, or the id is there.
  void put(std::uint32_t id, std::uint32_t slot) noexcept {
    std::size_t at = home(id);
    while (cells_[at].id != id && cells_[at].id != kNone) at = after(at);
    size_ += cells_[at].id == kNone;
    cells_[at] = {id, slot};
  }

  // Takes the id out, where it is there, and closes the gap: no tombstones pile up.
  void erase(std::uint32_t id) noexcept {
    std::size_t gap = home(id);
    while (cells_[gap].id != id) {
      if (cells_[gap].id == kNone) return;
      gap = after(gap);
    }
    for (std::size_t at = after(gap); cells_[at].id != kNone; at = after(at)) {
      // A cell may fill the gap unless its home lies between the gap and itself.
      const std::size_t mask = cells_.size() - 1;
      if (((at - home(cells_[at].id)) & mask) >= ((at - gap) & mask)) {
        cells_[gap] = cells_[at];
        gap = at;
      }
    }
    cells_[gap] = {};
    --size_;
  }

 private:
  struct Cell {
    std::uint32_t id = kNone;
    std::uint32_t slot = kNone;
  };
  static constexpr std::size_t kCellsMin = 64;

  explicit IdMap(std::size_t cells) : cells_(cells) {}

  std::size_t home(std::uint32_t id) const noexcept { return mixed(id) & (cells_.size() - 1); }
  std::size_t after(std::size_t at) const noexcept { return (at + 1) & (cells_.size() - 1); }

  std::vector<Cell> cells_;  // a power of two of them
  std::size_t size_ = 0;
};

}  // namespace vitrine
