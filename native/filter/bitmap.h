// What an evaluation writes and searches read: the rows that pass, and how many they are.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "filter/words.h"

namespace vitrine {

// A handle of a buffer; a copy shares it. One thread uses a handle, others may use copies: a search
// off the thread reads on while its owner fills the next. Buffers come from a pool of the process and
// go back to it, so nothing is allocated once as many are there as are ever in use at once.
class Bitmap {
 public:
  Bitmap() = default;  // no rows
  Bitmap(const Bitmap& other) noexcept;
  Bitmap(Bitmap&& other) noexcept;
  Bitmap& operator=(Bitmap other) noexcept;
  ~Bitmap();

  std::span<const Word> words() const noexcept;  // whole blocks; rows beyond the end do not pass
  std::size_t count() const noexcept;            // bits that are set
  std::size_t bytes() const noexcept;

  bool has(std::uint32_t row) const noexcept {
    const std::span<const Word> all = words();
    const std::size_t word = row / kWordRows;
    return word < all.size() && ((all[word] >> (row % kWordRows)) & 1) != 0;
  }

  // Writes those of `rows` that pass to `into`, in their order, until it is full. Returns how many.
  std::size_t keep(std::span<const std::uint32_t> rows,
                   std::span<std::uint32_t> into) const noexcept;

  // Writes the rows that pass, from row `first` on, in order, until `into` is full.
  std::size_t rows(std::uint32_t first, std::span<std::uint32_t> into) const noexcept;

  // Words to be written, every one of them, for `blocks` blocks: this handle's buffer, or another
  // where a copy still reads that one. Ends with `finish`.
  std::span<Word> renew(std::size_t blocks);
  void finish(std::size_t count) noexcept;

  struct Buffer;

 private:
  Buffer* buffer_ = nullptr;
};

}  // namespace vitrine
