#include "index/scan.h"

#include <bit>
#include <limits>

namespace vitrine {
namespace {

// The row is read once for all queries, which stay in the first cache.
void score_slot(const Rows& rows, std::uint32_t slot, const float* queries, std::span<TopK> found) {
  const std::uint32_t id = rows.id(slot);
  for (std::size_t q = 0; q < found.size(); ++q) {
    const float score = rows.score(queries + q * rows.stride(), slot);
    if (score >= found[q].floor()) found[q].offer({score, id});
  }
}

void scan_allowed_ids(const Rows& rows, const float* queries, const Allow& allow,
                      std::span<TopK> found) {
  for (std::size_t word = 0; word < allow.words.size(); ++word) {
    for (std::uint32_t bits = allow.words[word]; bits != 0; bits &= bits - 1) {
      const auto id = static_cast<std::uint32_t>(word * 32) + std::countr_zero(bits);
      const std::uint32_t slot = id == kNone ? kNone : rows.slot(id);
      if (slot != kNone) score_slot(rows, slot, queries, found);
    }
  }
}

}  // namespace

void scan(const Rows& rows, const float* queries, const Allow* allow, std::span<TopK> found) {
  // Few ids are looked up one by one; many are met on the way through all the slots.
  if (allow != nullptr && count_allowed(*allow) < rows.slots() / 4) {
    scan_allowed_ids(rows, queries, *allow, found);
    return;
  }
  for (std::uint32_t slot = 0; slot < rows.slots(); ++slot) {
    const std::uint32_t id = rows.id(slot);
    if (id == kNone || (allow != nullptr && !allow->has(id))) continue;
    score_slot(rows, slot, queries, found);
  }
}

std::size_t count_allowed(const Allow& allow) noexcept {
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
