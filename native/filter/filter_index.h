// Filters over a catalogue: what items are, and which of them an expression lets pass.
//
// Any thread may call any method at any time. An evaluation sees all of a change to an item or nothing,
// and nothing of a change that began after it; a change that has returned is in every evaluation that
// begins after it. Evaluations run together. A change keeps them waiting for the moment in which it
// happens: some 64 items of a call at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "core/gate.h"
#include "core/status.h"
#include "filter/attributes.h"
#include "filter/bitmap.h"
#include "filter/program.h"

namespace vitrine {

struct FilterOptions {
  std::uint32_t flags = 1;               // 0..kFlagsMax
  std::uint32_t columns = 1;             // 0..kColumnsMax
  const WordKernels* kernels = nullptr;  // of select_words
};

// Item i: rows[i], its categories at [ends[i - 1], ends[i]) of `categories` (from 0 for the first), its
// flags and its row of `numbers`.
struct ItemBatch {
  std::span<const std::uint32_t> rows;
  std::span<const std::uint32_t> ends;
  std::span<const std::uint32_t> categories;
  std::span<const std::uint32_t> flags;
  std::span<const double> numbers;
};

class FilterIndex {
 public:
  explicit FilterIndex(const FilterOptions& options);
  ~FilterIndex();

  const FilterOptions& options() const noexcept { return options_; }

  // Adds items or replaces all that is known of them. Fails with `bad_argument`, and changes nothing,
  // where lengths do not fit or a number is too large, or infinite.
  Status put(const ItemBatch& items);

  // Changes one fact of items that are there; rows that are not are passed over. Fails as `put`.
  Status set_flag(std::span<const std::uint32_t> rows, std::uint32_t flag, bool on);
  Status set_number(std::span<const std::uint32_t> rows, std::uint32_t column,
                    std::span<const double> values);

  // Returns how many of them were there.
  std::size_t remove(std::span<const std::uint32_t> rows);

  // Rows of items that pass, as program.h says. Fails with `bad_argument`, and leaves `into` alone.
  Status evaluate(std::span<const std::uint32_t> code, Bitmap& into) const;

  // How many would pass, from counts alone: under a microsecond, whatever the number of items.
  Status estimate(std::span<const std::uint32_t> code, Bounds& bounds) const;

  std::size_t size() const;
  std::size_t bytes() const;

 private:
  struct Scratch;
  class Loan;

  // Calls change(i) for each of `count` items, readers waiting for a slice of them at a time.
  template <class Change>
  void change_each(std::size_t count, Change change);
  void renew_steps();

  Schema schema() const noexcept { return {options_.flags, options_.columns}; }

  const FilterOptions options_;
  std::mutex writer_;  // held by whoever changes; taken before gate_
  mutable Gate gate_;  // between evaluations and the moment of a change
  Attributes attributes_;

  mutable std::mutex scratch_mutex_;
  mutable std::vector<std::unique_ptr<Scratch>> scratch_;
};

}  // namespace vitrine
