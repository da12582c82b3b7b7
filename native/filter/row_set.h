// A set of rows that is cheap to change and to combine, block by block. A block with few rows is a
// sorted list, one with many a bitmap, one with none nothing (as in Roaring bitmaps, Chambi et al.
// 2016), so that ten thousand small categories cost what their members cost.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "filter/words.h"

namespace vitrine {

// Past this a block is a bitmap. A list of as many is a quarter of the bitmap's bytes and takes some
// 0.4 us to spread over a block; lists up to the bitmap's size would take four times that.
inline constexpr std::size_t kListMax = 512;

class RowBlock {
 public:
  // Whether the row (0..kBlockRows-1) was not, or was, in the set before.
  bool add(std::uint32_t row);
  bool remove(std::uint32_t row);

  bool has(std::uint32_t row) const noexcept;
  bool empty() const noexcept { return count_ == 0; }
  std::size_t bytes() const noexcept;

  // The bitmap, or nullptr where the block is a list.
  const Word* bits() const noexcept { return bits_.get(); }

  // Where the block is a list.
  void set_in(Word* into) const noexcept;
  void clear_in(Word* into) const noexcept;

 private:
  void become_bits();
  void become_list();

  std::unique_ptr<Word[]> bits_;
  std::vector<std::uint16_t> list_;  // sorted; empty where there are bits
  std::uint32_t count_ = 0;
};

// Not thread-safe: `FilterIndex` guards it.
class RowSet {
 public:
  bool add(std::uint32_t row);
  bool remove(std::uint32_t row);
  bool has(std::uint32_t row) const noexcept;

  std::size_t size() const noexcept { return size_; }
  std::size_t blocks() const noexcept { return blocks_.size(); }  // up to the highest row ever added
  std::size_t bytes() const noexcept;

  // nullptr where the block holds none.
  const RowBlock* block(std::size_t at) const noexcept {
    return at < blocks_.size() && !blocks_[at].empty() ? &blocks_[at] : nullptr;
  }

 private:
  std::vector<RowBlock> blocks_;
  std::size_t size_ = 0;
};

}  // namespace vitrine
