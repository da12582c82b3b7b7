// XXH64 (Yann Collet's xxHash, seed 0): finds damage, at memory speed. Not for secrets.
#pragma once

#include <cstddef>
#include <cstdint>

namespace vitrine {

// Takes bytes in pieces of any size; the digest is that of the pieces joined.
class Checksum {
 public:
  Checksum() noexcept;
  void update(const void* data, std::size_t bytes) noexcept;
  std::uint64_t digest() const noexcept;

 private:
  static constexpr std::size_t kStripe = 32;

  void stripe(const unsigned char* bytes) noexcept;

  std::uint64_t lanes_[4];
  unsigned char rest_[kStripe] = {};  // bytes that wait for a whole stripe
  std::size_t rest_bytes_ = 0;
  std::uint64_t total_bytes_ = 0;
};

}  // namespace vitrine
