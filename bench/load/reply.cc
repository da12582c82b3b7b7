#include "reply.h"

#include <charconv>
#include <cstring>

namespace {

Outcome outcome_of(std::string_view code) noexcept {
  const bool shed = code == "overloaded" || code == "deadline" || code == "draining";
  return shed ? Outcome::shed : Outcome::failure;
}

// Walks msgpack in place. Past the end every read gives zero and `broken` stays set.
class Walker {
 public:
  explicit Walker(std::string_view bytes) noexcept : rest_(bytes) {}

  bool broken() const noexcept { return broken_; }
  std::size_t left() const noexcept { return rest_.size(); }

  std::uint32_t map() noexcept { return container(0x80, 0xde); }
  std::uint32_t array() noexcept { return container(0x90, 0xdc); }

  std::string_view text() noexcept {
    const std::uint8_t tag = byte();
    if ((tag & 0xe0) == 0xa0) return bytes(tag & 0x1f);
    if (tag >= 0xd9 && tag <= 0xdb) return bytes(number(1u << (tag - 0xd9)));
    return break_off();
  }

  std::string_view binary() noexcept {
    const std::uint8_t tag = byte();
    if (tag >= 0xc4 && tag <= 0xc6) return bytes(number(1u << (tag - 0xc4)));
    return break_off();
  }

  std::uint64_t unsigned_integer() noexcept {
    const std::uint8_t tag = byte();
    if (tag < 0x80) return tag;
    if (tag >= 0xcc && tag <= 0xcf) return number(1u << (tag - 0xcc));
    break_off();
    return 0;
  }

  // Passes one value of any kind, however deep, without recursion.
  void skip() noexcept {
    for (std::uint64_t left = 1; left > 0 && !broken_; --left) left += skip_head();
  }

 private:
  // Passes a value's head and scalars' bytes; returns how many values it is made of.
  std::uint64_t skip_head() noexcept {
    const std::uint8_t tag = byte();
    if (tag < 0x80 || tag >= 0xe0) return 0;                       // small integers
    if (tag < 0x90) return 2u * (tag & 0x0fu);                     // small map
    if (tag < 0xa0) return tag & 0x0fu;                            // small array
    if (tag < 0xc0) return bytes(tag & 0x1fu), 0;                  // short string
    if (tag <= 0xc3) return 0;                                     // nil, false, true
    if (tag <= 0xc6) return bytes(number(1u << (tag - 0xc4))), 0;  // binary
    if (tag <= 0xc9) return bytes(number(1u << (tag - 0xc7)) + 1), 0;  // extension
    if (tag <= 0xcb) return bytes(tag == 0xca ? 4 : 8), 0;         // float
    if (tag <= 0xd3) return bytes(1u << ((tag - 0xcc) % 4)), 0;    // integers
    if (tag <= 0xd8) return bytes((1u << (tag - 0xd4)) + 1), 0;    // fixed extension
    if (tag <= 0xdb) return bytes(number(1u << (tag - 0xd9))), 0;  // string
    if (tag <= 0xdd) return number(tag == 0xdc ? 2 : 4);           // array
    return 2 * number(tag == 0xde ? 2 : 4);                        // map
  }

  std::uint32_t container(std::uint8_t fixed, std::uint8_t wide) noexcept {
    const std::uint8_t tag = byte();
    if ((tag & 0xf0) == fixed) return tag & 0x0f;
    if (tag == wide) return static_cast<std::uint32_t>(number(2));
    if (tag == wide + 1) return static_cast<std::uint32_t>(number(4));
    break_off();
    return 0;
  }

  std::uint8_t byte() noexcept { return static_cast<std::uint8_t>(number(1)); }

  std::uint64_t number(std::size_t width) noexcept {
    std::uint64_t value = 0;
    for (const char c : bytes(width)) value = value << 8 | static_cast<std::uint8_t>(c);
    return value;
  }

  std::string_view bytes(std::uint64_t count) noexcept {
    if (count > rest_.size()) return break_off();
    const std::string_view taken = rest_.substr(0, static_cast<std::size_t>(count));
    rest_.remove_prefix(taken.size());
    return taken;
  }

  std::string_view break_off() noexcept {
    broken_ = true;
    rest_ = {};
    return {};
  }

  std::string_view rest_;
  bool broken_ = false;
};

void read_first_output(Walker& walker, Reply& reply) noexcept {
  const std::uint32_t outputs = walker.array();
  for (std::uint32_t i = 0; i < outputs && !walker.broken(); ++i) {
    if (i > 0) {
      walker.skip();
      continue;
    }
    for (std::uint32_t fields = walker.map(); fields > 0 && !walker.broken(); --fields) {
      if (walker.text() != "data") {
        walker.skip();
        continue;
      }
      const std::string_view data = walker.binary();
      float value = 0;
      if (data.size() < sizeof value) continue;
      std::memcpy(&value, data.data(), sizeof value);
      reply.value = value;
    }
  }
}

Reply read_msgpack(std::string_view payload) noexcept {
  Reply reply;
  Walker walker(payload);
  bool named = false;
  Outcome outcome = Outcome::answer;
  for (std::uint32_t fields = walker.map(); fields > 0 && !walker.broken(); --fields) {
    const std::string_view key = walker.text();
    if (key == "id") {
      reply.id = static_cast<std::uint32_t>(walker.unsigned_integer());
      named = true;
    } else if (key == "outputs") {
      read_first_output(walker, reply);
    } else if (key == "error") {
      outcome = Outcome::failure;
      for (std::uint32_t inner = walker.map(); inner > 0 && !walker.broken(); --inner) {
        if (walker.text() == "code") {
          outcome = outcome_of(walker.text());
        } else {
          walker.skip();
        }
      }
    } else {
      walker.skip();
    }
  }
  if (named && !walker.broken()) reply.outcome = outcome;
  return reply;
}

// What follows the first `mark`; empty when it is not there.
std::string_view after(std::string_view text, std::string_view mark) noexcept {
  const std::size_t at = text.find(mark);
  return at == std::string_view::npos ? std::string_view{} : text.substr(at + mark.size());
}

Reply read_json(std::string_view payload) noexcept {
  Reply reply;
  std::string_view id = after(payload, "\"id\":");
  if (id.starts_with('"')) id.remove_prefix(1);
  if (std::from_chars(id.data(), id.data() + id.size(), reply.id).ec != std::errc{}) return reply;
  if (payload.find("\"error\"") != std::string_view::npos) {
    const std::string_view code = after(payload, "\"code\":\"");
    reply.outcome = outcome_of(code.substr(0, code.find('"')));
    return reply;
  }
  reply.outcome = Outcome::answer;
  const std::string_view data = after(payload, "\"data\":[");
  float value = 0;
  if (std::from_chars(data.data(), data.data() + data.size(), value).ec == std::errc{}) {
    reply.value = value;
  }
  return reply;
}

Reply read_kserve(std::string_view payload) noexcept {
  Reply reply;
  reply.outcome = Outcome::answer;
  float value = 0;
  if (payload.size() >= sizeof value) {
    std::memcpy(&value, payload.data() + payload.size() - sizeof value, sizeof value);
    reply.value = value;
  }
  return reply;
}

bool holds(std::string_view payload, const std::string& mark) noexcept {
  return !mark.empty() && payload.find(mark) != std::string_view::npos;
}

Reply read_marks(const Options& options, std::string_view payload) noexcept {
  Reply reply;
  if (!options.id_after.empty()) {
    std::string_view id = after(payload, options.id_after);
    while (!id.empty() && (id.front() == ' ' || id.front() == '"')) id.remove_prefix(1);
    if (std::from_chars(id.data(), id.data() + id.size(), reply.id).ec != std::errc{}) return reply;
  }
  if (holds(payload, options.shed_mark)) {
    reply.outcome = Outcome::shed;
  } else if (holds(payload, options.failed_mark)) {
    reply.outcome = Outcome::failure;
  } else if (!options.ok_mark.empty() && !holds(payload, options.ok_mark)) {
    reply.outcome = Outcome::failure;
  } else {
    reply.outcome = Outcome::answer;
  }
  return reply;
}

}  // namespace

Reply read_reply(const Options& options, std::string_view payload) noexcept {
  switch (options.wire) {
    case WireKind::kserve: return read_kserve(payload);
    case WireKind::msgpack: return read_msgpack(payload);
    case WireKind::json: return read_json(payload);
    case WireKind::marks: return read_marks(options, payload);
  }
  return {};
}

void each_reply(std::string_view payload, const std::function<void(std::string_view)>& each) {
  const auto head = payload.empty() ? 0u : static_cast<std::uint8_t>(payload[0]);
  const bool list = (head & 0xf0u) == 0x90u || head == 0xdcu || head == 0xddu;
  if (!list) return each(payload);
  Walker walker(payload);
  for (std::uint32_t count = walker.array(); count > 0 && !walker.broken(); --count) {
    const std::size_t start = payload.size() - walker.left();
    walker.skip();
    if (walker.broken()) return each({});
    each(payload.substr(start, payload.size() - walker.left() - start));
  }
}
