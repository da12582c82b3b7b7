#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "options.h"

// The requests of a run, framed for the socket once; sending one copies it and stamps an id in.
//
// The file, little-endian, is written by the bench (bench/requests.ts), so that the generator knows
// transports and clocks but no server's vocabulary:
//
//   offset  bytes  type  meaning
//   0       4      char  "VLR1"
//   4       4      u32   number of requests, at least 1
//   then, for each:
//   0       4      u32   bytes of the payload
//   4       4      u32   where in it the id goes: msgpack 4 bytes big-endian, else 8 digits; kserve
//                        has none, and 0xffffffff is nowhere
//   8       4      f32   the expected answer: first element of the first output; NaN: unknown
//   12      …      byte  payload; with --whole an HTTP request with its head
class Requests {
 public:
  explicit Requests(const Options& options);

  std::size_t count() const noexcept { return framed_.size(); }
  float expected(std::size_t index) const noexcept { return framed_[index].expected; }

  // Appends request `index` with this id. Ids are kIdFirst and up: always 8 digits.
  void append(std::string& out, std::size_t index, std::uint32_t id) const;

 private:
  struct Framed {
    std::string bytes;
    std::size_t id_at;
    std::uint8_t mask[4];  // of the id's bytes, by their order; zero where nothing is masked
    float expected;
  };

  WireKind wire_;
  std::vector<Framed> framed_;
};

inline constexpr std::uint32_t kIdFirst = 10'000'000;
inline constexpr std::uint32_t kIdSpan = 1u << 26;  // ids in use before they come round again
