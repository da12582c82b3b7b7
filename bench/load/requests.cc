#include "requests.h"

#include <cstring>
#include <fstream>
#include <random>
#include <sstream>

#include "http.h"
#include "websocket.h"

namespace {

constexpr std::size_t kRequestsMax = 1u << 22;
constexpr std::uint32_t kNowhere = 0xffffffff;
constexpr std::size_t kNoId = ~std::size_t{0};

// Takes `Value` off the front of what is left of the file.
template <typename Value>
Value take(std::string_view& rest) {
  if (rest.size() < sizeof(Value)) fail("the file of requests ends early");
  Value value;
  std::memcpy(&value, rest.data(), sizeof value);
  rest.remove_prefix(sizeof value);
  return value;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) fail("cannot read " + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

Requests::Requests(const Options& options) : wire_(options.wire) {
  const std::string file = read_file(options.requests);
  std::string_view rest = file;
  if (!rest.starts_with("VLR1")) fail(options.requests + " is not a file of requests");
  rest.remove_prefix(4);
  const auto count = take<std::uint32_t>(rest);
  if (count == 0 || count > kRequestsMax) fail("the number of requests is out of 1..4194304");
  const std::size_t id_bytes = wire_ == WireKind::msgpack ? 4 : 8;
  framed_.reserve(count);
  std::mt19937 chance(static_cast<std::uint32_t>(options.seed));
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto bytes = take<std::uint32_t>(rest);
    const auto id_at = take<std::uint32_t>(rest);
    const auto expected = take<float>(rest);
    const bool named = id_at != kNowhere;
    if (bytes > rest.size() || (named && (id_at > bytes || bytes - id_at < id_bytes))) {
      fail("the file of requests is damaged");
    }
    const std::string_view payload = rest.substr(0, bytes);
    rest.remove_prefix(bytes);
    Framed& framed = framed_.emplace_back();
    framed.expected = expected;
    if (options.transport == TransportKind::http) {
      framed.bytes = options.whole ? std::string(payload) : http_request(options, payload);
      framed.id_at = named ? framed.bytes.size() - payload.size() + id_at : kNoId;
      std::memset(framed.mask, 0, sizeof framed.mask);
      continue;
    }
    if (options.lists > 0) {  // framed as a list when it is known how many go together
      framed.bytes = payload;
      framed.id_at = named ? id_at : kNoId;
      std::memset(framed.mask, 0, sizeof framed.mask);
      continue;
    }
    const auto key = static_cast<std::uint32_t>(chance());
    const bool binary = wire_ == WireKind::msgpack || (wire_ == WireKind::marks && !options.text);
    framed.bytes = masked_frame(binary ? kOpBinary : kOpText, payload, key);
    framed.id_at = named ? framed.bytes.size() - payload.size() + id_at : kNoId;
    for (std::size_t b = 0; b < 4; ++b) framed.mask[b] = mask_byte(key, id_at + b);
  }
}

void Requests::append(std::string& out, std::size_t index, std::uint32_t id) const {
  const Framed& framed = framed_[index];
  const std::size_t start = out.size();
  out += framed.bytes;
  if (wire_ == WireKind::kserve || framed.id_at == kNoId) return;  // answers come in order
  char* at = out.data() + start + framed.id_at;
  if (wire_ == WireKind::msgpack) {
    for (std::size_t b = 0; b < 4; ++b) {
      at[b] = static_cast<char>(static_cast<std::uint8_t>(id >> (24 - 8 * b)) ^ framed.mask[b]);
    }
    return;
  }
  for (std::size_t digit = 8; digit-- > 0; id /= 10) {
    at[digit] = static_cast<char>(static_cast<std::uint8_t>('0' + id % 10) ^ framed.mask[digit % 4]);
  }
}
