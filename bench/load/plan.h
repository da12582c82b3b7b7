#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

// When which request goes. All arrival laws live where the file is written (bench/lab/schedule.ts).
//
// The file, little-endian:
//
//   offset  bytes  type  meaning
//   0       4      char  "VLP1"
//   4       4      u32   number of requests, as in the file of requests: K
//   8       8      u64   times at which requests are due: D; 0 in a closed loop
//   16      8      u64   entries of the sequence: S; 0 is one request after the other
//   24      8 D    f64   seconds from the start, ascending
//   …       4 S    u32   which request goes when, from its beginning again at its end
//   …       2 K    u16   of what kind each request is
//   …       4 K    u32   optional: the lane of each; what has the same one leaves on one WebSocket
struct Plan {
  std::vector<double> due_s;
  std::vector<std::uint32_t> sequence;
  std::vector<std::uint16_t> kinds;
  std::vector<std::uint32_t> lanes;  // empty: connections take turns

  // The request of this place of the schedule, of `count`.
  std::uint32_t request(std::uint64_t place, std::size_t count) const noexcept {
    if (sequence.empty()) return static_cast<std::uint32_t>(place % count);
    return sequence[place % sequence.size()];
  }

  std::uint16_t kind(std::uint32_t request) const noexcept {
    return request < kinds.size() ? kinds[request] : static_cast<std::uint16_t>(request);
  }
};

// Without a path, a plan that says nothing. Ends the process when the file is not for `requests`.
Plan read_plan(const std::string& path, std::size_t requests);
