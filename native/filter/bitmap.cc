#include "filter/bitmap.h"

#include <bit>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace vitrine {

struct Bitmap::Buffer {
  std::atomic<std::uint32_t> handles{1};
  std::vector<Word> words;  // as many as were ever asked for
  std::size_t used = 0;     // words of them
  std::size_t count = 0;
};

namespace {

// More than are ever in use at once; what comes back beyond is freed.
constexpr std::size_t kIdleMax = 64;

class Pool {
 public:
  Bitmap::Buffer* take() {
    {
      const std::scoped_lock lock(mutex_);
      if (!idle_.empty()) {
        Bitmap::Buffer* buffer = idle_.back().release();
        idle_.pop_back();
        buffer->handles.store(1, std::memory_order_relaxed);
        return buffer;
      }
    }
    return new Bitmap::Buffer;
  }

  void give_back(Bitmap::Buffer* buffer) {
    std::unique_ptr<Bitmap::Buffer> owned(buffer);  // freed after the lock
    const std::scoped_lock lock(mutex_);
    if (idle_.size() < kIdleMax) idle_.push_back(std::move(owned));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Bitmap::Buffer>> idle_;
};

// Never destroyed: a thread may still give back while the process exits.
Pool& pool() {
  static auto* const pool = new Pool;
  return *pool;
}

}  // namespace

Bitmap::Bitmap(const Bitmap& other) noexcept : buffer_(other.buffer_) {
  if (buffer_ != nullptr) buffer_->handles.fetch_add(1, std::memory_order_relaxed);
}

Bitmap::Bitmap(Bitmap&& other) noexcept : buffer_(std::exchange(other.buffer_, nullptr)) {}

Bitmap& Bitmap::operator=(Bitmap other) noexcept {
  std::swap(buffer_, other.buffer_);
  return *this;
}

Bitmap::~Bitmap() {
  if (buffer_ == nullptr) return;
  if (buffer_->handles.fetch_sub(1, std::memory_order_acq_rel) == 1) pool().give_back(buffer_);
}

std::span<const Word> Bitmap::words() const noexcept {
  if (buffer_ == nullptr) return {};
  return {buffer_->words.data(), buffer_->used};
}

std::size_t Bitmap::count() const noexcept { return buffer_ == nullptr ? 0 : buffer_->count; }

std::size_t Bitmap::bytes() const noexcept {
  return buffer_ == nullptr ? 0 : sizeof *buffer_ + buffer_->words.capacity() * sizeof(Word);
}

std::size_t Bitmap::keep(std::span<const std::uint32_t> rows,
                         std::span<std::uint32_t> into) const noexcept {
  std::size_t count = 0;
  for (std::size_t i = 0; i < rows.size() && count < into.size(); ++i) {
    into[count] = rows[i];
    count += static_cast<std::size_t>(has(rows[i]));
  }
  return count;
}

std::size_t Bitmap::rows(std::uint32_t first, std::span<std::uint32_t> into) const noexcept {
  const std::span<const Word> all = words();
  std::size_t count = 0;
  for (std::size_t w = first / kWordRows; w < all.size() && count < into.size(); ++w) {
    Word bits = all[w];
    if (w == first / kWordRows) bits &= ~Word{0} << (first % kWordRows);
    for (; bits != 0 && count < into.size(); bits &= bits - 1) {
      into[count++] = static_cast<std::uint32_t>(w * kWordRows) +
                      static_cast<std::uint32_t>(std::countr_zero(bits));
    }
  }
  return count;
}

std::span<Word> Bitmap::renew(std::size_t blocks) {
  // Nobody else can begin to share a buffer whose only handle is this one.
  if (buffer_ != nullptr && buffer_->handles.load(std::memory_order_acquire) != 1) *this = Bitmap();
  if (buffer_ == nullptr) buffer_ = pool().take();
  const std::size_t words = blocks * kBlockWords;
  if (buffer_->words.size() < words) buffer_->words.resize(words);
  buffer_->used = words;
  buffer_->count = 0;
  return {buffer_->words.data(), words};
}

void Bitmap::finish(std::size_t count) noexcept { buffer_->count = count; }

}  // namespace vitrine
