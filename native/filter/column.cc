#include "filter/column.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace vitrine {
namespace {

using Block = Column::Content::Block;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Values that are looked at to find even steps.
constexpr std::size_t kSample = 4096;
// Up to here every value is compared.
constexpr std::size_t kRowsWithoutSteps = 4096;

constexpr Word bit_of(std::uint32_t row) { return Word{1} << (row % kWordRows); }

std::size_t step_of(const std::vector<double>& bounds, double value) noexcept {
  return static_cast<std::size_t>(std::upper_bound(bounds.begin(), bounds.end(), value) -
                                  bounds.begin());
}

// Even cuts through a sorted sample. Where one value is so frequent that two cuts meet, its step ends
// right after it, so that a range which ends with it looks through nothing.
std::vector<double> even_bounds(const std::vector<double>& sorted) {
  std::vector<double> bounds;
  for (std::size_t cut = 1; cut <= kSteps && !sorted.empty(); ++cut) {
    const double value = sorted[cut * sorted.size() / (kSteps + 1)];
    if (bounds.empty() || value > bounds.back()) {
      bounds.push_back(value);
    } else if (value == bounds.back()) {
      bounds.push_back(std::nextafter(value, kInfinity));
    }
  }
  return bounds;
}

void put_entry(Block& block, std::uint32_t entry, std::uint32_t row, double value) noexcept {
  block.values[entry] = value;
  block.rows[entry] = static_cast<std::uint16_t>(row);
  block.entry[row] = static_cast<std::uint16_t>(entry);
}

void move_entry(Block& block, std::uint32_t from, std::uint32_t to) noexcept {
  if (from != to) put_entry(block, to, block.rows[from], block.values[from]);
}

// Makes room at step `to` by giving up a place at step `from`, and returns the entry that is free. The
// step after the last is that of rows without a number, which have no entries. Every step between the
// two moves one of its entries from one of its ends to the other.
std::uint32_t free_entry(Block& block, std::uint32_t row, std::size_t from, std::size_t to) noexcept {
  std::vector<std::uint32_t>& start = block.start;
  const std::size_t none = start.size() - 1;
  std::uint32_t free = start[none];
  if (from != none) {
    free = start[from + 1] - 1;
    move_entry(block, free, block.entry[row]);
  }
  for (std::size_t step = from + 1; step <= to; ++step) {
    start[step] -= 1;
    if (step == to) break;
    const std::uint32_t last = start[step + 1] - 1;
    move_entry(block, last, free);
    free = last;
  }
  for (std::size_t step = from; step > to; --step) {
    move_entry(block, start[step], free);
    free = start[step];
    start[step] += 1;
  }
  return free;
}

// Sets or clears the row's bit in the bitmaps of some steps.
void mark(Block& block, std::uint32_t row, std::size_t first, std::size_t end, bool on) noexcept {
  for (std::size_t step = first; step < end; ++step) {
    Word& word = block.below[step * kBlockWords + row / kWordRows];
    word = on ? word | bit_of(row) : word & ~bit_of(row);
  }
}

bool has_number(const Block& block, std::uint32_t row) noexcept {
  const std::size_t last = block.start.size() - 2;
  return (block.below[last * kBlockWords + row / kWordRows] & bit_of(row)) != 0;
}

}  // namespace

Column::Content::Block::Block(std::size_t steps)
    : values(std::make_unique_for_overwrite<double[]>(kBlockRows)),
      rows(std::make_unique_for_overwrite<std::uint16_t[]>(kBlockRows)),
      entry(std::make_unique_for_overwrite<std::uint16_t[]>(kBlockRows)),
      start(steps + 1, 0),
      below(std::make_unique<Word[]>(steps * kBlockWords)) {}

Column::Column() { content_.counts = {0}; }

void Column::set(std::uint32_t row, double value) {
  const std::size_t at = row / kBlockRows;
  const bool has = !std::isnan(value);
  if (at >= content_.blocks.size() && !has) return;
  while (at >= content_.blocks.size()) content_.blocks.emplace_back(steps());
  Block& block = content_.blocks[at];
  row %= kBlockRows;
  const bool had = has_number(block, row);
  const std::size_t before = had ? step_of(content_.bounds, block.values[block.entry[row]]) : steps();
  const std::size_t after = has ? step_of(content_.bounds, value) : steps();
  if (had) --content_.counts[before];
  if (has) ++content_.counts[after];
  size_ += static_cast<std::size_t>(has);
  size_ -= static_cast<std::size_t>(had);
  ++changes_;
  if (before == after) {
    if (has) block.values[block.entry[row]] = value;
    return;
  }
  const std::uint32_t entry = free_entry(block, row, before, after);
  if (has) put_entry(block, entry, row, value);
  mark(block, row, std::min(before, after), std::max(before, after), after < before);
}

bool Column::is_worn() const noexcept {
  return size_ > kRowsWithoutSteps && changes_ > size_ / 2;
}

Column::Content Column::plan_steps() const {
  const std::size_t stride = std::max<std::size_t>(1, size_ / kSample);
  std::vector<double> sample;
  for (const Block& block : content_.blocks) {
    for (std::size_t entry = 0; entry < block.start.back(); entry += stride) {
      sample.push_back(block.values[entry]);
    }
  }
  std::sort(sample.begin(), sample.end());
  Content made;
  made.bounds = even_bounds(sample);
  const std::size_t steps = made.bounds.size() + 1;
  made.counts.assign(steps, 0);
  std::vector<std::uint8_t> step(kBlockRows);  // by entry of the old block
  static_assert(kSteps < 256);
  for (const Block& old : content_.blocks) {
    Block& block = made.blocks.emplace_back(steps);
    const std::uint32_t end = old.start.back();
    for (std::uint32_t entry = 0; entry < end; ++entry) {
      const std::size_t its = step_of(made.bounds, old.values[entry]);
      step[entry] = static_cast<std::uint8_t>(its);
      ++block.start[its + 1];
      const std::uint32_t row = old.rows[entry];
      block.below[its * kBlockWords + row / kWordRows] |= bit_of(row);
    }
    for (std::size_t s = 0; s < steps; ++s) {
      made.counts[s] += block.start[s + 1];
      block.start[s + 1] += block.start[s];
    }
    std::vector<std::uint32_t> next(block.start);
    for (std::uint32_t entry = 0; entry < end; ++entry) {
      put_entry(block, next[step[entry]]++, old.rows[entry], old.values[entry]);
    }
    // What is in a step is below all that follow.
    for (std::size_t w = kBlockWords; w < steps * kBlockWords; ++w) {
      block.below[w] |= block.below[w - kBlockWords];
    }
  }
  return made;
}

void Column::swap(Content& content) noexcept {
  std::swap(content_, content);
  changes_ = 0;
}

Column::Place Column::place(const Range& range) const noexcept {
  Place place{.range = range};
  if (!(range.min <= range.max)) return place;
  const auto& bounds = content_.bounds;
  const auto low = static_cast<std::int32_t>(step_of(bounds, range.min));
  const auto high = static_cast<std::int32_t>(step_of(bounds, range.max));
  const auto last = static_cast<std::int32_t>(steps()) - 1;
  // Whether the range takes in its first step from the start, and its last one to the end.
  const bool from_start =
      low == 0 ? range.min == -kInfinity : range.min == bounds[static_cast<std::size_t>(low) - 1];
  const bool to_end =
      high == last ? range.max == kInfinity
                   : range.max >= std::nextafter(bounds[static_cast<std::size_t>(high)], -kInfinity);
  place.below = from_start ? low - 1 : low;
  place.through = to_end ? high : high - 1;
  if (!from_start) place.ends[0] = low;
  if (!to_end && (from_start || high != low)) place.ends[1] = high;
  return place;
}

Bounds Column::bounds(const Place& place) const noexcept {
  std::uint64_t inside = 0;
  for (std::int32_t step = place.below + 1; step <= place.through; ++step) {
    inside += content_.counts[static_cast<std::size_t>(step)];
  }
  std::uint64_t ends = 0;
  for (const std::int32_t step : place.ends) {
    if (step >= 0) ends += content_.counts[static_cast<std::size_t>(step)];
  }
  return {inside, inside + ends, static_cast<double>(inside) + static_cast<double>(ends) / 2};
}

bool Column::load(const Place& place, std::size_t at, Word* into,
                  const WordKernels& kernels) const noexcept {
  const bool inside = place.through > place.below;
  if (at >= content_.blocks.size()) return false;
  if (!inside && place.ends[0] < 0 && place.ends[1] < 0) return false;
  const Block& block = content_.blocks[at];
  const auto below = [&block](std::int32_t step) {
    return block.below.get() + static_cast<std::size_t>(step) * kBlockWords;
  };
  if (!inside) {
    std::fill_n(into, kBlockWords, Word{0});
  } else if (place.below < 0) {
    std::copy_n(below(place.through), kBlockWords, into);
  } else {
    kernels.between(into, below(place.through), below(place.below));
  }
  const auto [min, max] = place.range;
  for (const std::int32_t step : place.ends) {
    if (step < 0) continue;
    const auto s = static_cast<std::size_t>(step);
    for (std::uint32_t entry = block.start[s]; entry < block.start[s + 1]; ++entry) {
      const double value = block.values[entry];
      const std::uint32_t row = block.rows[entry];
      // Without a branch, which could not be foretold.
      into[row / kWordRows] |= static_cast<Word>((value >= min) & (value <= max)) << row % kWordRows;
    }
  }
  return true;
}

std::size_t Column::bytes() const noexcept {
  const std::size_t entry = sizeof(double) + 2 * sizeof(std::uint16_t);
  return content_.blocks.size() *
         (sizeof(Block) + kBlockRows * entry + steps() * kBlockWords * sizeof(Word));
}

}  // namespace vitrine
