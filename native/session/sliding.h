// A row of values that grows at one end and is let go of at the other, in one piece of memory.
#pragma once

#include <cstddef>
#include <vector>

namespace vitrine {

template <class T>
class Sliding {
 public:
  std::size_t size() const noexcept { return values_.size() - first_; }
  bool empty() const noexcept { return size() == 0; }
  T& operator[](std::size_t i) noexcept { return values_[first_ + i]; }
  const T& operator[](std::size_t i) const noexcept { return values_[first_ + i]; }
  const T* data() const noexcept { return values_.data() + first_; }  // until it changes
  std::size_t bytes() const noexcept { return values_.capacity() * sizeof(T); }
  void push_back(const T& value) { values_.push_back(value); }

  // What is let go of keeps its place until it is half of all: then the rest moves down.
  void pop_front() {
    first_ += 1;
    if (first_ < kLeast || first_ < values_.size() / 2) return;
    values_.erase(values_.begin(), values_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }

 private:
  static constexpr std::size_t kLeast = 64;
  std::vector<T> values_;
  std::size_t first_ = 0;
};

}  // namespace vitrine
