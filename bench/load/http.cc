#include "http.h"

#include <charconv>

namespace {

constexpr std::size_t kHeadBytesMax = 65'536;
constexpr std::size_t kChunkBytesMax = std::size_t{1} << 30;

bool same_name(std::string_view field, std::string_view lower_case) noexcept {
  if (field.size() != lower_case.size()) return false;
  for (std::size_t i = 0; i < field.size(); ++i) {
    const char c = field[i];
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    if (lower != lower_case[i]) return false;
  }
  return true;
}

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// Chunks of `stream` from `at` on, and the trailer behind them.
Split join_chunks(std::string_view stream, std::size_t at, Response& response) {
  response.joined.clear();
  for (;;) {
    const std::size_t line = stream.find("\r\n", at);
    if (line == std::string_view::npos) return Split::partial;
    std::size_t size = 0;
    const auto parsed = std::from_chars(stream.data() + at, stream.data() + line, size, 16);
    if (parsed.ec != std::errc{} || size > kChunkBytesMax) return Split::broken;
    at = line + 2;
    if (size == 0) break;
    if (stream.size() - at < size + 2) return Split::partial;
    response.joined.append(stream.substr(at, size));
    at += size + 2;
  }
  for (;;) {  // an empty line ends the trailer
    const std::size_t line = stream.find("\r\n", at);
    if (line == std::string_view::npos) return Split::partial;
    const bool last = line == at;
    at = line + 2;
    if (last) break;
  }
  response.body = response.joined;
  response.bytes = at;
  return Split::whole;
}

}  // namespace

Split next_response(std::string_view stream, bool ended, Response& response) {
  const std::size_t end = stream.find("\r\n\r\n");
  if (end == std::string_view::npos) {
    return stream.size() > kHeadBytesMax ? Split::broken : Split::partial;
  }
  const std::size_t body_at = end + 4;
  const std::string_view head = stream.substr(0, body_at);
  response.status = http_status(head);
  if (response.status == 0) return Split::broken;
  const std::string_view wish = http_header(head, "connection");
  response.closes = same_name(wish, "close") ||
                    (head.starts_with("HTTP/1.0") && !same_name(wish, "keep-alive"));
  if (response.status < 200) {  // an interim one: what matters follows
    const Split rest = next_response(stream.substr(body_at), ended, response);
    response.bytes += body_at;
    return rest;
  }
  if (same_name(http_header(head, "transfer-encoding"), "chunked")) {
    return join_chunks(stream, body_at, response);
  }
  std::size_t length = 0;
  if (const std::string_view text = http_header(head, "content-length"); !text.empty()) {
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), length);
    if (parsed.ec != std::errc{}) return Split::broken;
  } else if (response.status != 204 && response.status != 304) {
    if (!response.closes) return Split::broken;
    if (!ended) return Split::partial;
    length = stream.size() - body_at;
  }
  if (stream.size() - body_at < length) return Split::partial;
  response.body = stream.substr(body_at, length);
  response.bytes = body_at + length;
  return Split::whole;
}

std::string http_request(const Options& options, std::string_view body) {
  const bool json = options.wire == WireKind::json;
  const std::string type = json ? "application/json" : "application/octet-stream";
  const std::string more = options.header.empty() ? "" : options.header + "\r\n";
  return "POST " + options.path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + type +
         "\r\n" + more + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

int http_status(std::string_view head) noexcept {
  int status = 0;
  if (head.size() >= 12 && head.starts_with("HTTP/1.")) {
    std::from_chars(head.data() + 9, head.data() + 12, status);
  }
  return status;
}

std::string_view http_header(std::string_view head, std::string_view name) noexcept {
  std::size_t line = head.find("\r\n");
  while (line != std::string_view::npos) {
    const std::size_t start = line + 2;
    line = head.find("\r\n", start);
    const std::string_view field = head.substr(start, line - start);
    const std::size_t colon = field.find(':');
    if (colon != std::string_view::npos && same_name(field.substr(0, colon), name)) {
      return trimmed(field.substr(colon + 1));
    }
  }
  return {};
}
