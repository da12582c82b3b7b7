// An array that grows without moving what it holds.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

namespace vitrine {

inline constexpr std::size_t kCacheLine = 64;
inline constexpr std::size_t kHugePage = std::size_t{2} << 20;

// `width` values of T for each slot, in chunks of kSlots slots that start on a cache line. Where
// width * sizeof(T) is a multiple of the cache line, so does every slot. New chunks are not cleared.
//
// Chunks are cut from blocks, each as large as all before it up to kBlockMax, so that a large array
// lies in few huge pages: a walk through a graph misses the address cache with nearly every step.
//
// `at` may be called while another thread writes other slots, but not while one calls `append`.
template <class T, std::uint32_t kSlots = 1024>
class SlotArray {
 public:
  static constexpr std::uint32_t kChunkSlots = kSlots;
  using Value = T;

  explicit SlotArray(std::size_t width) : width_(width) {}

  T* at(std::uint32_t slot) noexcept { return chunks_[slot / kSlots] + (slot % kSlots) * width_; }
  const T* at(std::uint32_t slot) const noexcept {
    return chunks_[slot / kSlots] + (slot % kSlots) * width_;
  }

  std::size_t width() const noexcept { return width_; }
  std::size_t capacity() const noexcept { return chunks_.size() * kSlots; }
  std::size_t bytes() const noexcept { return chunks_.size() * chunk_bytes(); }

  // Memory for kSlots more slots, or nullptr. Apart from `append`, so that it can be had before readers
  // are asked to wait. What is not appended is given out again.
  T* make_chunk() {
    if (spare_ == nullptr) spare_ = cut_chunk();
    return spare_;
  }
  // A chunk may also be memory of somebody who outlives the array.
  void append(T* chunk) {
    chunks_.push_back(chunk);
    if (chunk == spare_) spare_ = nullptr;
  }

  // The next chunks, for `slots` slots in all, are cut from one block. False where there is no memory.
  bool reserve(std::size_t slots) {
    const std::size_t chunks = (slots + kSlots - 1) / kSlots;
    return chunks <= chunks_.size() + left_ || add_block((chunks - chunks_.size()) * chunk_bytes());
  }

 private:
  static constexpr std::size_t kBlockMax = std::size_t{64} << 20;

  struct Free {
    void operator()(void* block) const noexcept { std::free(block); }
  };

  // kSlots of anything is a multiple of the cache line.
  std::size_t chunk_bytes() const noexcept { return kSlots * width_ * sizeof(T); }

  T* cut_chunk() {
    const std::size_t wanted = std::max(chunk_bytes(), std::min(bytes(), kBlockMax));
    if (left_ == 0 && !add_block(wanted)) return nullptr;
    T* chunk = next_;
    next_ += kSlots * width_;
    --left_;
    return chunk;
  }

  bool add_block(std::size_t wanted) {
    const std::size_t page = wanted >= kHugePage ? kHugePage : kCacheLine;
    const std::size_t bytes = (wanted + page - 1) / page * page;
    void* block = std::aligned_alloc(page, bytes);
    if (block == nullptr) return false;
    blocks_.emplace_back(block);
#ifdef MADV_HUGEPAGE
    if (page == kHugePage) (void)::madvise(block, bytes, MADV_HUGEPAGE);  // a wish: may be refused
#endif
    next_ = static_cast<T*>(block);
    left_ = bytes / chunk_bytes();
    return true;
  }

  std::size_t width_;
  std::vector<T*> chunks_;
  T* spare_ = nullptr;
  T* next_ = nullptr;      // where the next chunk is cut
  std::size_t left_ = 0;   // chunks left in the newest block
  std::vector<std::unique_ptr<void, Free>> blocks_;
};

}  // namespace vitrine
