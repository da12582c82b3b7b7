#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "options.h"
#include "split.h"

// The client's side of RFC 6455, without extensions. What is sent is never in fragments.

inline constexpr std::uint8_t kOpMore = 0x0;  // the next fragment of a message
inline constexpr std::uint8_t kOpText = 0x1;
inline constexpr std::uint8_t kOpBinary = 0x2;
inline constexpr std::uint8_t kOpClose = 0x8;
inline constexpr std::uint8_t kOpPing = 0x9;
inline constexpr std::uint8_t kOpPong = 0xA;

struct Frame {
  std::uint8_t op;
  bool last;                 // of its message
  std::string_view payload;  // into the stream
  std::size_t bytes;         // of the whole frame
};

// Looks at the front of `stream`; `frame` is filled in when it is whole.
[[nodiscard]] Split next_frame(std::string_view stream, Frame& frame) noexcept;

// One final frame, masked as a client must. Byte i of the payload is XORed with `mask_byte(key, i)`.
std::string masked_frame(std::uint8_t op, std::string_view payload, std::uint32_t key);

inline std::uint8_t mask_byte(std::uint32_t key, std::size_t i) noexcept {
  return static_cast<std::uint8_t>(key >> (24 - 8 * (i % 4)));
}

// The request that opens a WebSocket, and whether what came back grants it. `granted` may be called
// once the reply's empty line has come.
std::string upgrade_request(const Options& options);
[[nodiscard]] bool granted(std::string_view reply_head, const Options& options);
