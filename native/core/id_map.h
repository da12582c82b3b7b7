// From the caller's ids to slot numbers.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/prng.h"

namespace vitrine {

// Stands for no id and no slot. No id may have this value.
inline constexpr std::uint32_t kNone = 0xffff'ffff;

// Two tables. Ids are often the rows of a catalogue, so those below a bound that are close together have
// a place each, in order: whoever looks up many of them in order reads memory in order. The others lie in
// a hash table (open addressing, linear probing, at most half full). 8 to 32 bytes an id. Growing is apart
// from `put`, so that a writer can make the larger map while readers still use this one.
class IdMap {
 public:
  IdMap() : cells_(kCellsMin) {}

  std::size_t size() const noexcept { return placed_ + hashed_; }
  std::size_t bytes() const noexcept {
    return cells_.size() * sizeof(Cell) + places_.size() * sizeof(std::uint32_t);
  }

  // The id's slot, or kNone.
  std::uint32_t find(std::uint32_t id) const noexcept {
    if (id < places_.size()) return places_[id];
    for (std::size_t at = home(id);; at = after(at)) {
      if (cells_[at].id == id) return cells_[at].slot;
      if (cells_[at].id == kNone) return kNone;
    }
  }

  // Whether so many more ids may need a larger map: call `grown` before `put`.
  bool full(std::size_t more = 1) const noexcept { return (hashed_ + more) * 2 > cells_.size(); }

  // Takes at least `more` ids more.
  IdMap grown(std::size_t more = 1) const {
    const std::size_t places = places_wanted();
    std::size_t left = hashed_;  // that stay in the hash table
    for (const Cell& cell : cells_) left -= cell.id < places;
    // Room for half as many ids as there are: so growing costs a few steps an id.
    IdMap larger(std::bit_ceil(std::max({kCellsMin, 4 * left, 2 * (left + more), size()})), places);
    for (std::uint32_t id = 0; id < places_.size(); ++id) {
      if (places_[id] != kNone) larger.put(id, places_[id]);
    }
    for (const Cell& cell : cells_) {
      if (cell.id != kNone) larger.put(cell.id, cell.slot);
    }
    return larger;
  }

  // Adds the id or gives it another slot. Not `full`, or the id is there.
  void put(std::uint32_t id, std::uint32_t slot) noexcept {
    if (id < places_.size()) {
      placed_ += places_[id] == kNone;
      places_[id] = slot;
      return;
    }
    std::size_t at = home(id);
    while (cells_[at].id != id && cells_[at].id != kNone) at = after(at);
    hashed_ += cells_[at].id == kNone;
    cells_[at] = {id, slot};
  }

  // Takes the id out, where it is there, and closes the gap: no tombstones pile up.
  void erase(std::uint32_t id) noexcept {
    if (id < places_.size()) {
      placed_ -= places_[id] != kNone;
      places_[id] = kNone;
      return;
    }
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
    --hashed_;
  }

 private:
  struct Cell {
    std::uint32_t id = kNone;
    std::uint32_t slot = kNone;
  };
  static constexpr std::size_t kCellsMin = 64;

  IdMap(std::size_t cells, std::size_t places) : cells_(cells), places_(places, kNone) {}

  // The largest power of two of which a quarter or more are ids; not fewer places than there are.
  std::size_t places_wanted() const {
    std::size_t below[33] = {};  // ids of so many bits in the hash table
    for (const Cell& cell : cells_) below[std::bit_width(cell.id)] += cell.id != kNone;
    std::size_t best = places_.size();
    std::size_t ids = placed_;
    for (int bits = 0; bits < 32; ++bits) {
      ids += below[bits];
      const std::size_t places = std::size_t{1} << bits;
      if (places > best && places >= kCellsMin && ids * 4 >= places) best = places;
    }
    return best;
  }

  std::size_t home(std::uint32_t id) const noexcept { return mixed(id) & (cells_.size() - 1); }
  std::size_t after(std::size_t at) const noexcept { return (at + 1) & (cells_.size() - 1); }

  std::vector<Cell> cells_;            // a power of two of them
  std::vector<std::uint32_t> places_;  // by id: slots; none or a power of two of them
  std::size_t placed_ = 0;             // ids in places_
  std::size_t hashed_ = 0;             // ids in cells_
};

}  // namespace vitrine
