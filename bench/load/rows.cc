#include "rows.h"

#include <cmath>
#include <fstream>
#include <limits>

#include "clock.h"
#include "options.h"

std::uint32_t Rows::add(std::int64_t due_ns, std::uint16_t kind) {
  if (count_ == kRowsMax) fail("more than 200 million requests in one run");
  if (count_ == blocks_.size() * kBlock) {
    blocks_.push_back(std::unique_ptr<Row[]>(new Row[kBlock]));  // filled row by row, not here
  }
  const auto row = static_cast<std::uint32_t>(count_++);
  at(row) = {due_ns, kNever, kNever, kind, Fate::unanswered};
  return row;
}

double Rows::seconds(std::int64_t ns) const noexcept {
  if (ns == kNever) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(ns - start_ns_) / kNsPerS;
}

void Rows::write(const std::string& path, std::int64_t end_ns, std::int64_t stopped_ns) const {
  std::ofstream file(path, std::ios::binary);
  const auto put = [&](const void* bytes, std::size_t count) {
    file.write(static_cast<const char*>(bytes), static_cast<std::streamsize>(count));
  };
  const auto column = [&]<typename Value>(Value (*of)(const Rows&, const Row&)) {
    std::vector<Value> part;
    part.reserve(kBlock);
    for (std::size_t i = 0; i < count_; ++i) {
      part.push_back(of(*this, at(i)));
      if (part.size() < kBlock && i + 1 < count_) continue;
      put(part.data(), part.size() * sizeof(Value));
      part.clear();
    }
  };
  const std::uint32_t zero = 0;
  const std::uint64_t count = count_;
  const double times[2] = {seconds(end_ns), seconds(stopped_ns)};
  put("VLT1", 4);
  put(&zero, sizeof zero);
  put(&count, sizeof count);
  put(times, sizeof times);
  column(+[](const Rows& rows, const Row& row) { return rows.seconds(row.due_ns); });
  column(+[](const Rows& rows, const Row& row) { return rows.seconds(row.sent_ns); });
  column(+[](const Rows& rows, const Row& row) { return rows.seconds(row.done_ns); });
  column(+[](const Rows&, const Row& row) { return row.kind; });
  column(+[](const Rows&, const Row& row) { return static_cast<std::uint8_t>(row.fate); });
  file.close();
  if (!file) fail("cannot write " + path);
}
