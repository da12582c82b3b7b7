#include "index/scan.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "index/plan.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace vitrine {
namespace {

inline std::size_t count_bits(std::span<const std::uint32_t> words) noexcept {
  std::size_t count = 0;
  for (const std::uint32_t word : words) count += static_cast<std::size_t>(std::popcount(word));
  return count;
}

#if defined(__x86_64__)
// The oldest of these processors have no instruction for it, so it is not used unasked.
__attribute__((target("popcnt"))) std::size_t count_bits_fast(std::span<const std::uint32_t> words) noexcept {
  std::size_t count = 0;
  std::size_t i = 0;
  for (; i + 2 <= words.size(); i += 2) {
    std::uint64_t two;
    std::memcpy(&two, words.data() + i, sizeof two);
    count += static_cast<std::size_t>(__builtin_popcountll(two));
  }
  for (; i < words.size(); ++i) count += static_cast<std::size_t>(__builtin_popcount(words[i]));
  return count;
}

// Sixteen words at a time: a filter of many vectors is counted for every query.
__attribute__((target("avx512f,avx512vpopcntdq,popcnt")))
std::size_t count_bits_wide(std::span<const std::uint32_t> words) noexcept {
  __m512i sum = _mm512_setzero_si512();
  std::size_t i = 0;
  for (; i + 16 <= words.size(); i += 16) {
    sum = _mm512_add_epi64(sum, _mm512_popcnt_epi64(_mm512_loadu_si512(words.data() + i)));
  }
  alignas(64) std::uint64_t lanes[8];
  _mm512_store_si512(lanes, sum);
  std::size_t count = count_bits_fast(words.subspan(i));
  for (const std::uint64_t lane : lanes) count += lane;
  return count;
}
#endif

// Rows that are asked for together, then compared together.
constexpr std::size_t kBlock = 32;
// The same in groups: these stay in the first cache, and are many enough for a sieve to be set up.
constexpr std::size_t kBlockGroups = 8;
// Rows that are on their way from memory meanwhile.
constexpr std::size_t kAhead = 64;

// Gathers slots and compares a block of them at a time. The block before is compared while the newest
// comes from memory.
class Dotter {
 public:
  Dotter(const Scanned& in, std::span<ScanQuery> queries) noexcept
      : in_(in), queries_(queries), lengths_count_(in.rows.has_lengths()) {}

  // True where something may have changed for the queries.
  bool add(std::uint32_t slot) {
    in_.codes.prefetch(slot);
    if (lengths_count_) in_.rows.prefetch_length(slot);
    slots_[count_++] = slot;
    if (count_ < 2 * kBlock) return false;
    compare(kBlock);
    return true;
  }

  void finish() {
    while (count_ > 0) compare(std::min(kBlock, count_));
  }

 private:
  void compare(std::size_t count) {
    const std::uint8_t* rows[kBlock];
    std::int32_t dots[kBlock];
    for (std::size_t i = 0; i < count; ++i) rows[i] = in_.codes.row(slots_[i]);
    for (ScanQuery& query : queries_) {
      in_.dots(query.coded.codes, rows, count, in_.codes.width(), dots);
      for (std::size_t i = 0; i < count; ++i) {
        if (query.bound.passes(dots[i], in_.rows.length(slots_[i]))) query.offer(in_.rows, slots_[i]);
      }
    }
    std::copy(slots_ + count, slots_ + count_, slots_);
    count_ -= count;
  }

  const Scanned& in_;
  const std::span<ScanQuery> queries_;
  const bool lengths_count_;
  std::uint32_t slots_[2 * kBlock];
  std::size_t count_ = 0;
};

// Of wide codes, as unsigned.
void take_upper_bytes(const std::uint16_t* __restrict wide, std::size_t count,
                      std::uint8_t* __restrict upper) noexcept {
  for (std::size_t i = 0; i < count; ++i) upper[i] = static_cast<std::uint8_t>((wide[i] >> 8) ^ 0x80);
}

// The same for many queries.
class Sifter {
 public:
  Sifter(const Scanned& in, std::span<ScanQuery> queries, ScanPass& pass)
      : in_(in),
        queries_(queries),
        pass_(pass),
        lengths_count_(in.rows.has_lengths()),
        wide_(in.codes.coder().width() == Width::wide),
        bytes_(padded(in.codes.width() / (wide_ ? 2 : 1), kCodePad)),
        limit_(kGroup) {
    pass.sift.begin(in.kernels, queries, bytes_ / 4);
    pass.groups.sized(kBlockGroups * kGroup * bytes_);
    if (wide_) std::fill_n(pass.rows.sized(kGroup * bytes_), kGroup * bytes_, std::uint8_t{0});
  }

  bool add(std::uint32_t slot) {
    in_.codes.prefetch(slot);
    if (lengths_count_) in_.rows.prefetch_length(slot);
    slots_[count_++] = slot;
    if (count_ < limit_ + kAhead) return false;
    sieve(limit_);
    return true;
  }

  void finish() {
    while (count_ > 0) sieve(std::min(count_, limit_));
  }

 private:
  void sieve(std::size_t count) {
    const std::size_t groups = (count + kGroup - 1) / kGroup;
    for (std::size_t group = 0; group < groups; ++group) {
      make_group(group, count);
      const std::size_t left = std::min<std::size_t>(kGroup, count - group * kGroup);
      wanted_[group] = static_cast<std::uint16_t>((1u << left) - 1);
    }
    const auto passed = pass_.sift.sieve(pass_.groups.data(), groups, lengths_, wanted_);
    for (const auto& [row, query] : passed) in_.rows.prefetch(slots_[row]);
    for (const auto& [row, q] : passed) {
      ScanQuery& query = queries_[q];
      if (!wide_ || rules_in(query, slots_[row], lengths_[row])) query.offer(in_.rows, slots_[row]);
    }
    done_ += groups;
    limit_ = kGroup * std::min(kBlockGroups, Sift::groups_after(done_));
    std::copy(slots_ + count, slots_ + count_, slots_);
    count_ -= count;
  }

  // What there is of it in the first `count` slots; the rest is the first row again.
  void make_group(std::size_t group, std::size_t count) {
    const std::uint8_t* rows[kGroup];
    for (std::size_t i = 0; i < kGroup; ++i) {
      const std::size_t at = group * kGroup + i;
      const std::uint32_t slot = slots_[at < count ? at : group * kGroup];
      rows[i] = in_.codes.row(slot);
      lengths_[at] = in_.rows.length(slot);
      if (!wide_) continue;
      std::uint8_t* upper = pass_.rows.data() + i * bytes_;
      take_upper_bytes(reinterpret_cast<const std::uint16_t*>(rows[i]), in_.codes.width() / 2, upper);
      rows[i] = upper;
    }
    in_.kernels.group(rows, bytes_, pass_.groups.data() + group * kGroup * bytes_);
  }

  // What whole codes say of a row whose upper bytes have passed.
  bool rules_in(const ScanQuery& query, std::uint32_t slot, float length) const {
    const std::uint8_t* row = in_.codes.row(slot);
    std::int32_t dot;
    in_.dots(query.coded.codes, &row, 1, in_.codes.width(), &dot);
    return query.bound.passes(dot, length);
  }

  const Scanned& in_;
  const std::span<ScanQuery> queries_;
  ScanPass& pass_;
  const bool lengths_count_;
  const bool wide_;
  const std::size_t bytes_;  // of a row that is sieved
  std::size_t limit_;
  std::size_t count_ = 0;
  std::size_t done_ = 0;  // groups
  std::uint32_t slots_[kBlockGroups * kGroup + kAhead];
  float lengths_[kBlockGroups * kGroup];
  std::uint16_t wanted_[kBlockGroups];
};

template <class Comparer>
bool scan_by(const Scanned& in, const Allow* allow, bool by_id, std::uint64_t rows_max,
             std::span<const std::uint64_t> slots, std::span<ScanQuery> queries, Comparer comparer) {
  if (by_id && !slots.empty()) {
    for (std::size_t word = 0; word < slots.size(); ++word) {
      for (std::uint64_t bits = slots[word]; bits != 0; bits &= bits - 1) {
        comparer.add(static_cast<std::uint32_t>(word * 64) + static_cast<std::uint32_t>(std::countr_zero(bits)));
      }
    }
    comparer.finish();
    return true;
  }
  if (allow != nullptr && by_id) {
    for_each_allowed(in.rows, *allow, [&](std::uint32_t slot) { comparer.add(slot); });
    comparer.finish();
    return true;
  }
  float least = 0;
  std::uint64_t seen = 0;
  std::uint64_t check_at = rows_max / 4;
  for (std::uint32_t first = 0; first < in.rows.slots(); first += Longest::kSlots) {
    const std::uint32_t end = std::min(first + Longest::kSlots, in.rows.slots());
    if (in.longest.among(first, end) < least) continue;
    if (seen > check_at) {
      if (seen + in.longest.slots_as_long_as(least, first) > rows_max) return false;
      check_at += rows_max / 4;
    }
    bool told = false;
    for (std::uint32_t slot = first; slot < end; ++slot) {
      const std::uint32_t id = in.rows.id(slot);
      if (id != kNone && (allow == nullptr || allow->has(id))) told |= comparer.add(slot);
    }
    if (told) least = least_length(queries);
    seen += Longest::kSlots;
  }
  comparer.finish();
  return true;
}

}  // namespace

bool scan(const Scanned& in, const Allow* allow, bool by_id, std::uint64_t rows_max, ScanPass& pass,
          std::size_t count, std::span<const std::uint64_t> slots) {
  const std::span<ScanQuery> queries(pass.queries.data(), count);
  const bool wide = in.codes.coder().width() == Width::wide;
  const std::uint64_t rows = wide && allow != nullptr ? count_allowed(*allow) : in.rows.size();
  if (!sifts(count, wide, rows)) {
    return scan_by(in, allow, by_id, rows_max, slots, queries, Dotter(in, queries));
  }
  return scan_by(in, allow, by_id, rows_max, slots, queries, Sifter(in, queries, pass));
}

std::size_t count_allowed(const Allow& allow) noexcept {
  if (allow.count != Allow::kNotCounted) return allow.count;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512vpopcntdq")) return count_bits_wide(allow.words);
  if (__builtin_cpu_supports("popcnt")) return count_bits_fast(allow.words);
#endif
  return count_bits(allow.words);
}

void write_results(TopK& found, std::uint32_t k, std::uint32_t* ids, float* scores) {
  const std::span<const Hit> hits = found.sorted();
  for (std::uint32_t i = 0; i < k; ++i) {
    ids[i] = i < hits.size() ? hits[i].key : kNone;
    scores[i] = i < hits.size() ? hits[i].score : -std::numeric_limits<float>::infinity();
  }
}

}  // namespace vitrine
