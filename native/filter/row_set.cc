#include "filter/row_set.h"

#include <algorithm>
#include <bit>

namespace vitrine {
namespace {

// Below this a bitmap becomes a list again: far enough from kListMax that no block goes to and fro.
constexpr std::size_t kListAgain = kListMax / 2;

constexpr Word bit_of(std::uint32_t row) { return Word{1} << (row % kWordRows); }

}  // namespace

bool RowBlock::add(std::uint32_t row) {
  if (has(row)) return false;
  ++count_;
  if (!bits_ && count_ > kListMax) become_bits();
  if (bits_) {
    bits_[row / kWordRows] |= bit_of(row);
  } else {
    const auto value = static_cast<std::uint16_t>(row);
    list_.insert(std::lower_bound(list_.begin(), list_.end(), value), value);
  }
  return true;
}

bool RowBlock::remove(std::uint32_t row) {
  if (!has(row)) return false;
  --count_;
  if (!bits_) {
    list_.erase(std::lower_bound(list_.begin(), list_.end(), static_cast<std::uint16_t>(row)));
    return true;
  }
  bits_[row / kWordRows] &= ~bit_of(row);
  if (count_ < kListAgain) become_list();
  return true;
}

bool RowBlock::has(std::uint32_t row) const noexcept {
  if (bits_) return (bits_[row / kWordRows] & bit_of(row)) != 0;
  return std::binary_search(list_.begin(), list_.end(), static_cast<std::uint16_t>(row));
}

std::size_t RowBlock::bytes() const noexcept {
  return sizeof *this + (bits_ ? kBlockWords * sizeof(Word) : 0) +
         list_.capacity() * sizeof(std::uint16_t);
}

void RowBlock::set_in(Word* into) const noexcept {
  for (const std::uint32_t row : list_) into[row / kWordRows] |= bit_of(row);
}

void RowBlock::clear_in(Word* into) const noexcept {
  for (const std::uint32_t row : list_) into[row / kWordRows] &= ~bit_of(row);
}

void RowBlock::become_bits() {
  bits_ = std::make_unique<Word[]>(kBlockWords);
  set_in(bits_.get());
  list_ = {};
}

void RowBlock::become_list() {
  list_.reserve(kListMax);
  for (std::uint32_t w = 0; w < kBlockWords; ++w) {
    for (Word bits = bits_[w]; bits != 0; bits &= bits - 1) {
      list_.push_back(static_cast<std::uint16_t>(
          w * kWordRows + static_cast<std::uint32_t>(std::countr_zero(bits))));
    }
  }
  bits_.reset();
}

bool RowSet::add(std::uint32_t row) {
  const std::size_t at = row / kBlockRows;
  if (at >= blocks_.size()) blocks_.resize(at + 1);
  const bool added = blocks_[at].add(row % kBlockRows);
  size_ += added;
  return added;
}

bool RowSet::remove(std::uint32_t row) {
  const std::size_t at = row / kBlockRows;
  if (at >= blocks_.size()) return false;
  const bool removed = blocks_[at].remove(row % kBlockRows);
  size_ -= removed;
  return removed;
}

bool RowSet::has(std::uint32_t row) const noexcept {
  const std::size_t at = row / kBlockRows;
  return at < blocks_.size() && blocks_[at].has(row % kBlockRows);
}

std::size_t RowSet::bytes() const noexcept {
  std::size_t sum = (blocks_.capacity() - blocks_.size()) * sizeof(RowBlock);
  for (const RowBlock& block : blocks_) sum += block.bytes();
  return sum;
}

}  // namespace vitrine
