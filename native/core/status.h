// What an operation of the core came to. The core neither throws nor knows of JavaScript; the addon
// turns a Status that is not ok into an Error with the code's name.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace vitrine {

// The failures the core can report. Each is a key of FAILURES in server/core/errors.ts.
enum class Code : std::uint8_t { ok, bad_argument, unsupported, storage, internal };

inline constexpr std::array<std::string_view, 5> kCodeNames = {"ok", "bad_argument", "unsupported",
                                                               "storage", "internal"};

constexpr std::string_view code_name(Code code) noexcept {
  return kCodeNames[static_cast<std::size_t>(code)];
}

// A code, and in words what was wrong and what was expected.
struct [[nodiscard]] Status {
  Code code = Code::ok;
  std::string detail;

  bool ok() const noexcept { return code == Code::ok; }
};

inline Status fail(Code code, std::string detail) { return {code, std::move(detail)}; }

}  // namespace vitrine
