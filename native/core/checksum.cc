#include "core/checksum.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace vitrine {
namespace {

static_assert(std::endian::native == std::endian::little, "XXH64 reads little-endian words");

constexpr std::uint64_t kPrime1 = 0x9e37'79b1'85eb'ca87u;
constexpr std::uint64_t kPrime2 = 0xc2b2'ae3d'27d4'eb4fu;
constexpr std::uint64_t kPrime3 = 0x1656'67b1'9e37'79f9u;
constexpr std::uint64_t kPrime4 = 0x85eb'ca77'c2b2'ae63u;
constexpr std::uint64_t kPrime5 = 0x27d4'eb2f'1656'67c5u;

template <class Word>
Word read(const unsigned char* bytes) noexcept {
  Word word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

std::uint64_t rounded(std::uint64_t lane, std::uint64_t word) noexcept {
  return std::rotl(lane + word * kPrime2, 31) * kPrime1;
}

std::uint64_t merged(std::uint64_t hash, std::uint64_t lane) noexcept {
  return (hash ^ rounded(0, lane)) * kPrime1 + kPrime4;
}

}  // namespace

Checksum::Checksum() noexcept : lanes_{kPrime1 + kPrime2, kPrime2, 0, 0 - kPrime1} {}

void Checksum::stripe(const unsigned char* bytes) noexcept {
  for (std::size_t i = 0; i < 4; ++i) {
    lanes_[i] = rounded(lanes_[i], read<std::uint64_t>(bytes + 8 * i));
  }
}

void Checksum::update(const void* data, std::size_t bytes) noexcept {
  const auto* next = static_cast<const unsigned char*>(data);
  total_bytes_ += bytes;
  if (rest_bytes_ > 0) {
    const std::size_t taken = std::min(bytes, kStripe - rest_bytes_);
    std::memcpy(rest_ + rest_bytes_, next, taken);
    rest_bytes_ += taken;
    next += taken;
    bytes -= taken;
    if (rest_bytes_ < kStripe) return;
    stripe(rest_);
    rest_bytes_ = 0;
  }
  for (; bytes >= kStripe; next += kStripe, bytes -= kStripe) stripe(next);
  if (bytes > 0) std::memcpy(rest_, next, bytes);
  rest_bytes_ = bytes;
}

std::uint64_t Checksum::digest() const noexcept {
  std::uint64_t hash = kPrime5;
  if (total_bytes_ >= kStripe) {
    hash = std::rotl(lanes_[0], 1) + std::rotl(lanes_[1], 7) + std::rotl(lanes_[2], 12) +
           std::rotl(lanes_[3], 18);
    for (const std::uint64_t lane : lanes_) hash = merged(hash, lane);
  }
  hash += total_bytes_;
  const unsigned char* next = rest_;
  const unsigned char* end = rest_ + rest_bytes_;
  for (; end - next >= 8; next += 8) {
    hash = std::rotl(hash ^ rounded(0, read<std::uint64_t>(next)), 27) * kPrime1 + kPrime4;
  }
  if (end - next >= 4) {
    hash = std::rotl(hash ^ read<std::uint32_t>(next) * kPrime1, 23) * kPrime2 + kPrime3;
    next += 4;
  }
  for (; next < end; ++next) hash = std::rotl(hash ^ *next * kPrime5, 11) * kPrime1;
  hash = (hash ^ (hash >> 33)) * kPrime2;
  hash = (hash ^ (hash >> 29)) * kPrime3;
  return hash ^ (hash >> 32);
}

}  // namespace vitrine
