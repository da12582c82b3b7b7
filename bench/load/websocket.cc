#include "websocket.h"

#include "http.h"

namespace {

// The example pair of RFC 6455 §1.3: the key is no secret, it only proves that a WebSocket server
// (and not a confused web server) answers.
constexpr std::string_view kKey = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr std::string_view kAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

constexpr std::uint8_t kFinal = 0x80;
constexpr std::uint8_t kMasked = 0x80;

std::uint64_t big_endian(std::string_view bytes) noexcept {
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<std::uint8_t>(c);
  return value;
}

}  // namespace

Split next_frame(std::string_view stream, Frame& frame) noexcept {
  if (stream.size() < 2) return Split::partial;
  const auto first = static_cast<std::uint8_t>(stream[0]);
  const auto second = static_cast<std::uint8_t>(stream[1]);
  if ((second & kMasked) != 0) return Split::broken;
  std::size_t head = 2;
  std::uint64_t length = second & 0x7f;
  if (length >= 126) {
    const std::size_t wide = length == 126 ? 2 : 8;
    if (stream.size() < 2 + wide) return Split::partial;
    length = big_endian(stream.substr(2, wide));
    head += wide;
  }
  if (stream.size() - head < length) return Split::partial;
  frame.op = first & 0x0f;
  frame.last = (first & kFinal) != 0;
  frame.payload = stream.substr(head, static_cast<std::size_t>(length));
  frame.bytes = head + static_cast<std::size_t>(length);
  return Split::whole;
}

std::string masked_frame(std::uint8_t op, std::string_view payload, std::uint32_t key) {
  std::string frame;
  frame += static_cast<char>(kFinal | op);
  const std::size_t length = payload.size();
  const auto append_length = [&](std::uint8_t code, int bytes) {
    frame += static_cast<char>(kMasked | code);
    for (int b = bytes - 1; b >= 0; --b) {
      frame += static_cast<char>(static_cast<std::uint64_t>(length) >> (8 * b) & 0xff);
    }
  };
  if (length < 126) {
    append_length(static_cast<std::uint8_t>(length), 0);
  } else if (length < 65'536) {
    append_length(126, 2);
  } else {
    append_length(127, 8);
  }
  for (std::size_t b = 0; b < 4; ++b) frame += static_cast<char>(mask_byte(key, b));
  for (std::size_t i = 0; i < length; ++i) {
    frame += static_cast<char>(static_cast<std::uint8_t>(payload[i]) ^ mask_byte(key, i));
  }
  return frame;
}

std::string upgrade_request(const Options& options) {
  std::string text = "GET " + options.path + " HTTP/1.1\r\nHost: " + options.host + ":" +
                     std::to_string(options.port) + "\r\nUpgrade: websocket" +
                     "\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13" +
                     "\r\nSec-WebSocket-Key: " + std::string(kKey) + "\r\n";
  if (!options.header.empty()) text += options.header + "\r\n";
  if (!options.subprotocol.empty()) {
    text += "Sec-WebSocket-Protocol: " + options.subprotocol + "\r\n";
  }
  return text + "\r\n";
}

bool granted(std::string_view reply_head, const Options& options) {
  return http_status(reply_head) == 101 &&
         http_header(reply_head, "sec-websocket-accept") == kAccept &&
         http_header(reply_head, "sec-websocket-protocol") == options.subprotocol;
}
