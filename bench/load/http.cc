#include "http.h"

#include <charconv>

namespace {

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

}  // namespace

Split next_response(std::string_view stream, Response& response) noexcept {
  const std::size_t end = stream.find("\r\n\r\n");
  if (end == std::string_view::npos) return Split::partial;
  const std::size_t body_at = end + 4;
  const std::string_view head = stream.substr(0, body_at);
  const std::string_view text = http_header(head, "content-length");
  std::size_t length = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), length);
  if (text.empty() || parsed.ec != std::errc{}) return Split::broken;
  if (stream.size() - body_at < length) return Split::partial;
  response.status = http_status(head);
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
