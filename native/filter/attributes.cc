#include "filter/attributes.h"

#include <limits>

namespace vitrine {

void Attributes::put(const ItemFacts& item) {
  const std::uint32_t row = item.row;
  all_.add(row);
  for (const std::uint32_t category : categories_of_.at(row)) categories_[category].remove(row);
  for (const std::uint32_t category : item.categories) {
    if (category >= categories_.size()) categories_.resize(category + std::size_t{1});
    categories_[category].add(row);
  }
  categories_of_.set(row, item.categories);
  for (std::uint32_t flag = 0; flag < flags_.size(); ++flag) {
    set_flag(row, flag, ((item.flags >> flag) & 1) != 0);
  }
  for (std::uint32_t column = 0; column < columns_.size(); ++column) {
    columns_[column].set(row, item.numbers[column]);
  }
}

bool Attributes::remove(std::uint32_t row) {
  if (!all_.remove(row)) return false;
  for (const std::uint32_t category : categories_of_.at(row)) categories_[category].remove(row);
  categories_of_.set(row, {});
  for (RowSet& flag : flags_) flag.remove(row);
  for (Column& column : columns_) column.set(row, std::numeric_limits<double>::quiet_NaN());
  return true;
}

void Attributes::set_flag(std::uint32_t row, std::uint32_t flag, bool on) {
  if (!all_.has(row)) return;
  if (on) {
    flags_[flag].add(row);
  } else {
    flags_[flag].remove(row);
  }
}

void Attributes::set_number(std::uint32_t row, std::uint32_t column, double value) {
  if (all_.has(row)) columns_[column].set(row, value);
}

std::size_t Attributes::bytes() const noexcept {
  std::size_t sum = all_.bytes() + categories_of_.bytes();
  for (const RowSet& category : categories_) sum += sizeof category + category.bytes();
  for (const RowSet& flag : flags_) sum += flag.bytes();
  for (const Column& column : columns_) sum += column.bytes();
  return sum;
}

}  // namespace vitrine
