// The vectors of an index as the caller gave them: by slot number, and by the caller's id.
//
// One writer at a time changes rows; the owner's Gate keeps readers out where this says "gate held".
// A slot without an id is nobody's: the writer may fill it while others read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "core/gate.h"
#include "core/id_map.h"
#include "core/slot_array.h"
#include "core/status.h"
#include "index/file_format.h"
#include "index/options.h"

namespace vitrine {

// Longest vector taken. The product of two, and the square of their difference, stay finite floats.
inline constexpr double kNormMax = 1e18;
// Under cosine a shorter vector counts as zero: its score is 0, whatever it is compared with.
inline constexpr double kCosineNormMin = 1e-18;

// A search keeps one bit of a slot's number for itself (pool.h).
inline constexpr std::uint32_t kSlotsMax = 0x7fff'ffff;

// Vectors shorter than this have no direction.
constexpr double coded_length_min(Metric metric) noexcept {
  return metric == Metric::cosine ? kCosineNormMin : 0;
}

class Rows {
 public:
  explicit Rows(const IndexOptions& options);

  std::uint32_t slots() const noexcept { return slots_; }  // in use: 0..slots()-1
  std::size_t size() const noexcept { return by_id_.size(); }
  std::size_t capacity() const noexcept { return ids_.capacity(); }  // slots there is memory for
  std::size_t bytes() const noexcept;
  std::size_t stride() const noexcept { return padded(options_.dim); }  // floats of a prepared query

  std::uint32_t id(std::uint32_t slot) const noexcept { return *ids_.at(slot); }  // kNone: nobody's
  std::uint32_t slot(std::uint32_t id) const noexcept { return by_id_.find(id); }
  // Under cosine the lengths' part is in `score`, and every length is 1.
  float length(std::uint32_t slot) const noexcept { return cosine_ ? 1.0f : *lengths_.at(slot); }
  bool has_lengths() const noexcept { return !cosine_; }  // that differ

  // What the caller sees: higher is better. `query` was made by `prepare`.
  float score(const float* query, std::uint32_t slot) const noexcept {
    const float raw = fixed_ ? fixed_kernel_(query, fixed(slot), step(slot), values())
                      : half_ ? half_kernel_(query, halves_.at(slot), values())
                              : kernel_(query, rows_.at(slot), rows_.width());
    return cosine_ ? raw * *lengths_.at(slot) : raw * sign_;
  }

  void prefetch_length(std::uint32_t slot) const noexcept { __builtin_prefetch(lengths_.at(slot)); }

  // Asks for what `score` will read.
  void prefetch(std::uint32_t slot) const noexcept;

  // The vector as it is kept, `dim` floats.
  void read(std::uint32_t slot, float* into) const noexcept;

  // Checks vectors as `add` promises. `what` names them in the message.
  Status check(std::span<const float> vectors, const char* what) const;

  // Pads `queries` to rows of stride() floats; under cosine they become unit vectors.
  Status prepare(std::span<const float> queries, std::vector<float>& prepared) const;

  // Writer only. Memory for so many more slots and ids; readers wait at `gate` for a moment.
  Status make_room(Gate& gate, std::size_t count = 1);

  // Writer only. A hint: `slots` in all will come.
  void reserve(std::size_t slots);

  // Writer only, into a slot that is nobody's (slots() itself: the next one). Fails as `check`.
  Status write(std::uint32_t slot, const float* vector);

  // Writer only, gate held.
  void publish(std::uint32_t slot, std::uint32_t id);  // the slot is the id's from now on
  void retire(std::uint32_t slot);                     // the slot is nobody's from now on
  void move_last_to(std::uint32_t slot);  // the last slot's vector and id come here; one slot fewer

  // Writer only, gate held. Takes the other's vectors for its own; the options are the same.
  void swap_content(Rows& other) noexcept;

  // The sections `ids` and `vectors` of the file. Reading wants an empty index.
  void write_to(FileWriter& file) const;
  Status read_from(FileReader& file);

 private:
  // Of a row of halves_: those that kernels look at.
  std::size_t values() const noexcept { return padded(options_.dim, kHalfPad); }
  const std::int16_t* fixed(std::uint32_t slot) const noexcept {
    return reinterpret_cast<const std::int16_t*>(halves_.at(slot));
  }
  float step(std::uint32_t slot) const noexcept {
    float step;
    std::memcpy(&step, halves_.at(slot) + values(), sizeof step);
    return step;
  }
  void write_fixed(std::uint32_t slot, const float* vector) noexcept;

  IndexOptions options_;
  DistanceFn kernel_;
  HalfFn half_kernel_;
  FixedFn fixed_kernel_;
  bool cosine_;
  bool half_;   // rows are kept in halves_, not in rows_: bfloat16, or
  bool fixed_;  // whole numbers, and behind them what a step is, as a float
  float sign_;  // a squared distance is better the smaller it is

  SlotArray<float> rows_;
  SlotArray<std::uint16_t> halves_;
  SlotArray<float> lengths_;  // under cosine 1 / length; 0 for a vector that counts as zero
  SlotArray<std::uint32_t> ids_;
  IdMap by_id_;
  std::uint32_t slots_ = 0;
};

}  // namespace vitrine
