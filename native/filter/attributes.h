// What the items are: the rows that have each category and flag, and their numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "filter/column.h"
#include "filter/row_lists.h"
#include "filter/row_set.h"

namespace vitrine {

// Rows and categories are dense numbers from 0.
inline constexpr std::uint32_t kRowMax = (1u << 26) - 1;
inline constexpr std::uint32_t kCategoryMax = (1u << 24) - 1;
inline constexpr std::uint32_t kFlagsMax = 32;
inline constexpr std::uint32_t kColumnsMax = 32;

// One item, whole.
struct ItemFacts {
  std::uint32_t row;
  std::span<const std::uint32_t> categories;
  std::uint32_t flags;              // bit f: has flag f
  std::span<const double> numbers;  // one a column; NaN: has none
};

// Not thread-safe: `FilterIndex` guards it.
class Attributes {
 public:
  Attributes(std::uint32_t flags, std::uint32_t columns) : flags_(flags), columns_(columns) {}

  void put(const ItemFacts& item);
  bool remove(std::uint32_t row);  // whether it was there

  // Of an item that is there; nothing happens to one that is not.
  void set_flag(std::uint32_t row, std::uint32_t flag, bool on);
  void set_number(std::uint32_t row, std::uint32_t column, double value);

  const RowSet& all() const noexcept { return all_; }
  const RowSet& flag(std::uint32_t number) const noexcept { return flags_[number]; }
  const Column& column(std::uint32_t number) const noexcept { return columns_[number]; }
  Column& column(std::uint32_t number) noexcept { return columns_[number]; }
  std::uint32_t columns() const noexcept { return static_cast<std::uint32_t>(columns_.size()); }

  // nullptr for one that no item ever had.
  const RowSet* category(std::uint32_t number) const noexcept {
    return number < categories_.size() ? &categories_[number] : nullptr;
  }

  std::size_t bytes() const noexcept;

 private:
  RowSet all_;
  std::vector<RowSet> categories_;
  std::vector<RowSet> flags_;
  std::vector<Column> columns_;
  RowLists categories_of_;
};

}  // namespace vitrine
