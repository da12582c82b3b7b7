// An array that grows without moving what it holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

namespace vitrine {

inline constexpr std::size_t kCacheLine = 64;

// `width` values of T for each slot, in chunks of kChunkSlots slots that start on a cache line. Where
// width * sizeof(T) is a multiple of the cache line, so does every slot. New chunks are not cleared.
//
// `at` may be called while another thread writes other slots, but not while one calls `append`.
template <class T>
class SlotArray {
 public:
  static constexpr std::uint32_t kChunkSlots = 1024;

  explicit SlotArray(std::size_t width) : width_(width) {}

  T* at(std::uint32_t slot) noexcept {
    return chunks_[slot / kChunkSlots].get() + (slot % kChunkSlots) * width_;
  }
  const T* at(std::uint32_t slot) const noexcept {
    return chunks_[slot / kChunkSlots].get() + (slot % kChunkSlots) * width_;
  }

  std::size_t width() const noexcept { return width_; }
  std::size_t capacity() const noexcept { return chunks_.size() * kChunkSlots; }
  std::size_t bytes() const noexcept { return chunks_.size() * chunk_bytes(); }

  struct Free {
    void operator()(T* chunk) const noexcept { std::free(chunk); }
  };
  using Chunk = std::unique_ptr<T[], Free>;

  // Memory for kChunkSlots more slots, or nullptr. Apart from `append`, so that it can be had before
  // readers are asked to wait.
  Chunk make_chunk() const noexcept {
    return Chunk(static_cast<T*>(std::aligned_alloc(kCacheLine, chunk_bytes())));
  }
  void append(Chunk chunk) { chunks_.push_back(std::move(chunk)); }

 private:
  // kChunkSlots of anything is a multiple of the cache line, as aligned_alloc asks.
  std::size_t chunk_bytes() const noexcept { return kChunkSlots * width_ * sizeof(T); }

  std::size_t width_;
  std::vector<Chunk> chunks_;
};

}  // namespace vitrine
