// One number an item (its price), found again by range.
//
// The values are cut into up to kSteps + 1 steps of about as many rows each. For every step there is a
// bitmap of the rows at or below it (a range-encoded bitmap index, Chan & Ioannidis 1998), so that a
// range is one bitmap less another; only the two steps at its ends are compared value by value. A
// step's values lie side by side. A change moves one value from step to step between its old and its
// new one, and flips the row's bit in their bitmaps.
//
// Not thread-safe: `FilterIndex` guards it. Its one writer may call `plan_steps` while others read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "filter/selectivity.h"
#include "filter/words.h"

namespace vitrine {

// Boundaries between steps: their bitmaps take 8 bytes a row, as many as the value itself.
inline constexpr std::size_t kSteps = 64;

// Both ends belong to it. Rows without a number are in no range.
struct Range {
  double min;
  double max;
};

class Column {
 public:
  // All of a column's content: made beside what is in use, then swapped in.
  struct Content {
    // What is known of kBlockRows rows. Entry e is the value values[e] of row rows[e], ordered by step.
    struct Block {
      explicit Block(std::size_t steps);

      std::unique_ptr<double[]> values;        // by entry
      std::unique_ptr<std::uint16_t[]> rows;   // by entry
      std::unique_ptr<std::uint16_t[]> entry;  // by row, for rows that have a number
      std::vector<std::uint32_t> start;        // by step: its first entry; and the end of all
      std::unique_ptr<Word[]> below;           // by step: a bitmap of the rows at or below it
    };

    std::vector<double> bounds;         // ascending; step s holds values in [bounds[s-1], bounds[s])
    std::vector<std::uint64_t> counts;  // by step: rows in it
    std::vector<Block> blocks;
  };

  Column();

  // NaN takes the number away.
  void set(std::uint32_t row, double value);

  // Whether so much has changed that the steps may be uneven. They are right nevertheless.
  bool is_worn() const noexcept;
  Content plan_steps() const;
  void swap(Content& content) noexcept;  // made by `plan_steps` of these values; then the old content

  // Where a range lies among the steps: made once for all blocks.
  struct Place {
    Range range;
    std::int32_t below = -1;    // the steps after this one,
    std::int32_t through = -1;  // up to this one, are in the range as a whole: none if it is not above
    std::int32_t ends[2] = {-1, -1};  // steps to be looked through, or -1
  };
  Place place(const Range& range) const noexcept;
  Bounds bounds(const Place& place) const noexcept;

  // Writes the rows of the block that are in the range; false, and nothing written, if there are none
  // for certain.
  bool load(const Place& place, std::size_t block, Word* into,
            const WordKernels& kernels) const noexcept;

  std::size_t size() const noexcept { return size_; }
  std::size_t bytes() const noexcept;

 private:
  std::size_t steps() const noexcept { return content_.counts.size(); }

  Content content_;
  std::size_t size_ = 0;
  std::size_t changes_ = 0;  // since the steps were made
};

}  // namespace vitrine
