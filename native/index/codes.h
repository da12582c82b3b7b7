// The codes of a graph's vectors, a row each, as walks read them: here and there.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "core/slot_array.h"
#include "distance/distance.h"
#include "index/coder.h"
#include "index/options.h"

namespace vitrine {

// Whole cache lines to a row. A row is written by its slot's owner before anybody reads it.
class Codes {
 public:
  Codes(std::size_t dim, Width width, double length_min)
      : coder_(dim, width, bytes_of(dim, width), length_min), rows_(coder_.bytes()) {}

  // Of a row.
  static constexpr std::size_t bytes_of(std::size_t dim, Width width) noexcept {
    return padded(dim * static_cast<std::size_t>(width), kCodePad);
  }

  // Codes of two bytes cost short rows little: at 64 floats two cache lines instead of one, which come
  // together. And the learned vectors of shops, which are short, lie in bundles so tight that codes of
  // one byte cannot tell them apart.
  // For longer ones see fidelity.h: these begin narrow, and widen if they have to.
  static constexpr Width width_for(std::size_t dim, Coding coding) noexcept {
    if (bytes_of(dim, Width::wide) == bytes_of(dim, Width::narrow)) return Width::wide;
    if (coding != Coding::fitted) return coding == Coding::wide ? Width::wide : Width::narrow;
    return dim <= 64 ? Width::wide : Width::narrow;
  }

  const Coder& coder() const noexcept { return coder_; }
  std::size_t width() const noexcept { return coder_.bytes(); }  // of a row
  const std::uint8_t* row(std::uint32_t slot) const noexcept { return rows_.at(slot); }
  std::uint8_t* row(std::uint32_t slot) noexcept { return rows_.at(slot); }
  SlotArray<std::uint8_t>& rows() noexcept { return rows_; }
  const SlotArray<std::uint8_t>& rows() const noexcept { return rows_; }
  std::size_t bytes() const noexcept { return rows_.bytes(); }

  // Into the second cache: there is room for all neighbours of a vector to be on their way at once.
  void prefetch(std::uint32_t slot) const noexcept { prefetch(row(slot)); }
  void prefetch(const std::uint8_t* row) const noexcept {
    for (std::size_t at = 0; at < coder_.bytes(); at += kCacheLine) __builtin_prefetch(row + at, 0, 2);
  }

  // Takes the other's codes for its own, and the coder that made them.
  void swap_content(Codes& other) noexcept {
    std::swap(coder_, other.coder_);
    std::swap(rows_, other.rows_);
    std::swap(row_error_, other.row_error_);
  }

  // The largest there has been. `note` with the gate held.
  double row_error() const noexcept { return row_error_; }
  void note(double row_error) noexcept { row_error_ = std::max(row_error_, row_error); }

 private:
  Coder coder_;
  SlotArray<std::uint8_t> rows_;
  double row_error_ = 0;
};

}  // namespace vitrine
