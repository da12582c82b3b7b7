#include "index/scan.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace vitrine {
namespace {

// Rows that are asked for together, then compared together.
constexpr std::size_t kBlock = 32;

// Gathers slots and compares a block of them at a time. The block before is compared while the newest
// comes from memory.
class Scanner {
 public:
  Scanner(const Rows& rows, const Codes& codes, DotsFn dots, std::span<ScanQuery> queries) noexcept
      : rows_(rows), codes_(codes), dots_(dots), queries_(queries) {}

  void add(std::uint32_t slot) {
    codes_.prefetch(slot);
    rows_.prefetch_length(slot);
    slots_[count_++] = slot;
    if (count_ < 2 * kBlock) return;
    compare(kBlock);
    std::copy(slots_ + kBlock, slots_ + count_, slots_);
    count_ -= kBlock;
  }

  void finish() {
    while (count_ > 0) {
      const std::size_t now = std::min(kBlock, count_);
      compare(now);
      std::copy(slots_ + now, slots_ + count_, slots_);
      count_ -= now;
    }
  }

 private:
  void compare(std::size_t count) {
    const std::uint8_t* rows[kBlock];
    std::int32_t dots[kBlock];
    for (std::size_t i = 0; i < count; ++i) rows[i] = codes_.row(slots_[i]);
    for (ScanQuery& query : queries_) {
      dots_(query.coded.codes, rows, count, codes_.width(), dots);
      for (std::size_t i = 0; i < count; ++i) {
        if (query.bound.passes(dots[i], rows_.length(slots_[i]))) query.offer(rows_, slots_[i]);
      }
    }
  }

  const Rows& rows_;
  const Codes& codes_;
  const DotsFn dots_;
  const std::span<ScanQuery> queries_;
  std::uint32_t slots_[2 * kBlock];
  std::size_t count_ = 0;
};

}  // namespace

void scan(const Rows& rows, const Codes& codes, DotsFn dots, const Allow* allow, bool by_id,
          std::span<ScanQuery> queries) {
  Scanner scanner(rows, codes, dots, queries);
  if (allow != nullptr && by_id) {
    for_each_allowed(rows, *allow, [&](std::uint32_t slot) { scanner.add(slot); });
  } else {
    for (std::uint32_t slot = 0; slot < rows.slots(); ++slot) {
      const std::uint32_t id = rows.id(slot);
      if (id != kNone && (allow == nullptr || allow->has(id))) scanner.add(slot);
    }
  }
  scanner.finish();
}

std::size_t count_allowed(const Allow& allow) noexcept {
  if (allow.count != Allow::kNotCounted) return allow.count;
  std::size_t count = 0;
  for (const std::uint32_t word : allow.words) count += static_cast<std::size_t>(std::popcount(word));
  return count;
}

void write_results(TopK& found, std::uint32_t k, std::uint32_t* ids, float* scores) {
  const std::span<const Hit> hits = found.sorted();
  for (std::uint32_t i = 0; i < k; ++i) {
    ids[i] = i < hits.size() ? hits[i].key : kNone;
    scores[i] = i < hits.size() ? hits[i].score : -std::numeric_limits<float>::infinity();
  }
}

}  // namespace vitrine
