#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "options.h"

// What a reply says, of whichever server:
//
//   msgpack  map: id (uint), and outputs: [{data: bin of float32}] or error: {code: str}
//   JSON     "id":N or "id":"N", and "data":[number…] or "error" with "code":"…"
//
//   marks    the id after a text, or none: answers come in order; other texts say what became of it
//   kserve   a 200 with the first output in binary at its end; no id: answers come in order
//
// `overloaded`, `deadline` and `draining` are sheds: the server chose not to answer. Every other
// code is a failure.
enum class Outcome { answer, shed, failure, unreadable };

struct Reply {
  Outcome outcome = Outcome::unreadable;
  std::uint32_t id = 0;
  std::optional<float> value;  // first element of the first output
};

// Never reads outside `payload`, whatever it holds.
Reply read_reply(const Options& options, std::string_view payload) noexcept;

// Calls `each` with the bytes of every entry where the payload is a msgpack list, else with all of it.
void each_reply(std::string_view payload, const std::function<void(std::string_view)>& each);
