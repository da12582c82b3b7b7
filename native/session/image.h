// What a session index is, as bytes: arrays of plain numbers, each under its length. For the process that
// wrote it or its successor on the same machine; who keeps it guards it with a checksum.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

namespace vitrine {

class ImageWriter {
 public:
  template <class T>
  void put(std::span<const T> values) {
    static_assert(std::is_trivially_copyable_v<T>);
    const std::uint64_t count = values.size();
    raw(&count, sizeof count);
    raw(values.data(), values.size_bytes());
  }

  template <class T>
  void put(const std::vector<T>& values) {
    put(std::span<const T>(values));
  }

  template <class T>
  void put_one(T value) {
    put(std::span<const T>(&value, 1));
  }

  std::vector<std::uint8_t> take() { return std::move(bytes_); }

 private:
  void raw(const void* data, std::size_t count) {
    const auto* from = static_cast<const std::uint8_t*>(data);
    bytes_.insert(bytes_.end(), from, from + count);
  }

  std::vector<std::uint8_t> bytes_;
};

// Reads in the order of writing. After the first array that is not there, every `get` fails.
class ImageReader {
 public:
  explicit ImageReader(std::span<const std::uint8_t> bytes) : left_(bytes) {}

  template <class T>
  bool get(std::vector<T>& values) {
    static_assert(std::is_trivially_copyable_v<T>);
    std::uint64_t count = 0;
    if (!raw(&count, sizeof count) || count > left_.size() / sizeof(T)) return failed();
    values.resize(count);
    return raw(values.data(), count * sizeof(T));
  }

  template <class T>
  bool get_one(T& value) {
    std::vector<T> values;
    if (!get(values) || values.size() != 1) return failed();
    value = values[0];
    return true;
  }

  bool at_end() const noexcept { return left_.empty(); }

 private:
  bool raw(void* into, std::size_t count) {
    if (count > left_.size()) return failed();
    if (count > 0) std::memcpy(into, left_.data(), count);
    left_ = left_.subspan(count);
    return true;
  }

  bool failed() noexcept {
    left_ = {};
    return false;
  }

  std::span<const std::uint8_t> left_;
};

}  // namespace vitrine
