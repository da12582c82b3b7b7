#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

// What became of a request, as bench/lab/run.ts numbers it.
enum class Fate : std::uint8_t { answered = 0, shed = 1, failed = 2, unanswered = 3, held = 4 };

// One row a request, in the order in which they were due. Kept in blocks, so that growing never
// copies. The file, little-endian, in columns, with times in seconds from the start:
//
//   offset  bytes  type  meaning
//   0       4      char  "VLT1"
//   4       4      u32   0
//   8       8      u64   rows: N
//   16      8      f64   seconds in which requests were due
//   24      8      f64   when the generator stopped listening
//   32      8 N    f64   due
//   …       8 N    f64   sent; NaN is never
//   …       8 N    f64   done; NaN is never
//   …       2 N    u16   kind
//   …       N      u8    fate
class Rows {
 public:
  explicit Rows(std::int64_t start_ns) : start_ns_(start_ns) {}

  std::size_t count() const noexcept { return count_; }

  // A row that is unanswered and unsent until more is said of it. Ends the process past 200 million.
  std::uint32_t add(std::int64_t due_ns, std::uint16_t kind);
  // `due_too`: in a closed loop a request is due when it leaves.
  void sent(std::uint32_t row, std::int64_t ns, bool due_too) noexcept {
    at(row).sent_ns = ns;
    if (due_too) at(row).due_ns = ns;
  }
  void ended(std::uint32_t row, Fate fate, std::int64_t done_ns = kNever) noexcept {
    at(row).fate = fate;
    at(row).done_ns = done_ns;
  }

  // Ends the process when the file cannot be written.
  void write(const std::string& path, std::int64_t end_ns, std::int64_t stopped_ns) const;

  static constexpr std::int64_t kNever = -1;

 private:
  struct Row {
    std::int64_t due_ns;
    std::int64_t sent_ns;
    std::int64_t done_ns;
    std::uint16_t kind;
    Fate fate;
  };
  static constexpr std::size_t kBlockBits = 16;
  static constexpr std::size_t kBlock = std::size_t{1} << kBlockBits;
  static constexpr std::size_t kRowsMax = 200'000'000;  // 6.4 GB

  Row& at(std::uint32_t row) noexcept { return blocks_[row >> kBlockBits][row & (kBlock - 1)]; }
  const Row& at(std::size_t row) const noexcept {
    return blocks_[row >> kBlockBits][row & (kBlock - 1)];
  }
  double seconds(std::int64_t ns) const noexcept;

  std::int64_t start_ns_;
  std::size_t count_ = 0;
  std::vector<std::unique_ptr<Row[]>> blocks_;
};
