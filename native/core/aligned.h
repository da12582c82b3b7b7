// An array that begins on a cache line.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>

namespace vitrine {

// Grows only, and loses what it held when it does.
template <class T>
class Aligned {
 public:
  // At least `count` values, of no particular content.
  T* sized(std::size_t count) {
    if (count > count_) {
      const std::size_t bytes = (count * sizeof(T) + 63) / 64 * 64;
      values_.reset(static_cast<T*>(std::aligned_alloc(64, bytes)));
      if (!values_) throw std::bad_alloc();
      count_ = count;
    }
    return values_.get();
  }

  T* data() const noexcept { return values_.get(); }

 private:
  struct Free {
    void operator()(T* values) const noexcept { std::free(values); }
  };
  std::unique_ptr<T[], Free> values_;
  std::size_t count_ = 0;
};

}  // namespace vitrine
