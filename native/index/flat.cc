#include "index/flat.h"

#include <algorithm>
#include <array>
#include <bit>
#include <mutex>
#include <numeric>
#include <shared_mutex>

#include "core/top_k.h"
#include "index/bound.h"
#include "index/scan.h"

namespace vitrine {
namespace {

constexpr std::size_t kQuad = 4;

// Up to one match in so many vectors, each match is looked up.
constexpr std::uint64_t kFewShare = 10;

}  // namespace

FlatIndex::FlatIndex(const IndexOptions& options)
    : Index(options),
      coder_(options.dim, Width::narrow, padded(options.dim, kQuad), coded_length_min(options.metric)),
      groups_(coder_.bytes() * kGroup),
      lengths_(kGroup),
      codes_(coder_.bytes()) {}

// By inner product the long ones first: once the best are known, no shorter one need be looked at.
Status FlatIndex::put_many(std::span<const std::uint32_t> ids, const float* vectors,
                           const Progress& progress) {
  std::vector<std::uint32_t> sorted(ids.begin(), ids.end());
  std::sort(sorted.begin(), sorted.end());
  const bool twice = std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end();
  if (options_.metric != Metric::ip || twice || size() > 0) return Index::put_many(ids, vectors, progress);
  std::vector<double> squares(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const float* vector = vectors + i * options_.dim;
    squares[i] = std::inner_product(vector, vector + options_.dim, vector, 0.0);
  }
  std::vector<std::size_t> order(ids.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return squares[a] > squares[b] || (squares[a] == squares[b] && a < b);
  });
  for (const std::size_t i : order) {
    if (Status status = Index::put_many({&ids[i], 1}, vectors + i * options_.dim, nullptr); !status.ok()) {
      return status;
    }
  }
  return {};
}

// The new vector is written beyond the last, which nobody reads, then swapped in.
Status FlatIndex::put(std::uint32_t id, const float* vector) {
  if (Status status = rows_.make_room(gate_); !status.ok()) return status;
  const std::uint32_t next = rows_.slots();
  if (Status status = make_room(next); !status.ok()) return status;
  if (Status status = rows_.write(next, vector); !status.ok()) return status;
  float kept[kDimMax];
  rows_.read(next, kept);
  const double error = coder_.encode(kept, codes_.data());
  const std::uint32_t old = rows_.slot(id);
  const std::unique_lock alone(gate_);
  row_error_ = std::max(row_error_, error);
  place(next, codes_.data());
  if (old != kNone) rows_.retire(old);
  rows_.publish(next, id);
  if (old != kNone) move_last_to(old);
  return {};
}

void FlatIndex::take(std::uint32_t id) {
  const std::uint32_t slot = rows_.slot(id);
  const std::unique_lock alone(gate_);
  rows_.retire(slot);
  move_last_to(slot);
}

Status FlatIndex::make_room(std::uint32_t slot) {
  if (slot < groups_.capacity() * kGroup) return {};
  std::uint8_t* groups = groups_.make_chunk();
  float* lengths = lengths_.make_chunk();
  if (groups == nullptr || lengths == nullptr) {
    return fail(Code::internal, "there is no memory for more vectors");
  }
  // A sieve looks at whole groups.
  std::fill_n(groups, groups_.width() * groups_.kChunkSlots, std::uint8_t{0});
  std::fill_n(lengths, lengths_.width() * lengths_.kChunkSlots, 0.0f);
  const std::unique_lock alone(gate_);
  groups_.append(groups);
  lengths_.append(lengths);
  return {};
}

void FlatIndex::place(std::uint32_t slot, const std::uint8_t* codes) {
  std::uint8_t* group = groups_.at(slot / kGroup) + slot % kGroup * kQuad;
  for (std::size_t at = 0; at < coder_.bytes(); at += kQuad) {
    std::copy_n(codes + at, kQuad, group + at * kGroup);
  }
  place_length(slot);
}

void FlatIndex::place_length(std::uint32_t slot) {
  const float length = rows_.length(slot);
  lengths_.at(slot / kGroup)[slot % kGroup] = length;
  longest_.note(slot, length);
}

void FlatIndex::move_last_to(std::uint32_t slot) {
  const std::uint32_t last = rows_.slots() - 1;
  rows_.move_last_to(slot);
  if (last == slot) return;
  const std::uint8_t* from = groups_.at(last / kGroup) + last % kGroup * kQuad;
  std::uint8_t* to = groups_.at(slot / kGroup) + slot % kGroup * kQuad;
  for (std::size_t at = 0; at < coder_.bytes(); at += kQuad) {
    std::copy_n(from + at * kGroup, kQuad, to + at * kGroup);
  }
  place_length(slot);
}

std::uint16_t FlatIndex::allowed(std::size_t group, const Allow* allow) const noexcept {
  const auto first = static_cast<std::uint32_t>(group * kGroup);
  const std::uint32_t rows = std::min<std::uint32_t>(kGroup, rows_.slots() - first);
  if (allow == nullptr) return static_cast<std::uint16_t>((1u << rows) - 1);
  std::uint32_t bits = 0;
  for (std::uint32_t row = 0; row < rows; ++row) {
    bits |= static_cast<std::uint32_t>(allow->has(rows_.id(first + row))) << row;
  }
  return static_cast<std::uint16_t>(bits);
}

void FlatIndex::answer(const float* queries, std::size_t count, const SearchRequest& request) const {
  const Question question = this->question(request, count);
  const bool few = question.matches * kFewShare < question.vectors;
  const Plan plan = few ? Plan::scan_matches : Plan::scan_all;
  explain(request, question, {plan, Why::exact_index, scan_ns(question), 0}, count);
  const Lender<ScanPass>::Loan loan = passes_.borrow();
  // Of one pass over the vectors: each group that comes from memory serves them all.
  const std::size_t together{options_.kernels->costs.together};
  for (std::size_t first = 0; first < count; first += together) {
    const std::size_t width = std::min(together, count - first);
    const std::span<ScanQuery> pass(loan->queries.data(), width);
    const std::shared_lock reading(gate_);
    for (std::size_t q = 0; q < width; ++q) {
      pass[q].begin(options_.metric, queries + (first + q) * rows_.stride(), coder_, row_error_, request.k);
    }
    if (few) {
      compare_matches(pass, *request.allow);
    } else {
      sieve_all(pass, loan->sift, request.allow);
    }
    for (std::size_t q = 0; q < width; ++q) {
      const std::size_t at = (first + q) * request.k;
      write_results(pass[q].found, request.k, request.ids + at, request.scores + at);
    }
  }
}

// Those with few matches by themselves, all others in passes together, each with its own filter.
void FlatIndex::answer_each(const float* queries, std::size_t count, const SearchRequest& request) const {
  const Lender<ScanPass>::Loan loan = passes_.borrow();
  const std::size_t together{options_.kernels->costs.together};
  std::array<std::size_t, kSieveQueries> numbers;  // of the queries of this pass
  std::array<const Allow*, kSieveQueries> allows;
  for (std::size_t next = 0; next < count;) {
    const std::shared_lock reading(gate_);
    const std::size_t end = std::min(count, next + together);
    std::size_t width = 0;
    for (; next < end; ++next) {
      SearchRequest alone = request;
      alone.allow = request.allow_each[next];
      const Question question = ask(alone);
      const bool few = question.matches * kFewShare < question.vectors;
      explain(request, question, {few ? Plan::scan_matches : Plan::scan_all, Why::exact_index,
                                  scan_ns(question), 0}, 1);
      ScanQuery& query = loan->queries[width];
      query.begin(options_.metric, queries + next * rows_.stride(), coder_, row_error_, request.k);
      if (few) {
        compare_matches({&query, 1}, *alone.allow);
        write_results(query.found, request.k, request.ids + next * request.k,
                      request.scores + next * request.k);
        continue;
      }
      numbers[width] = next;
      allows[width++] = alone.allow;
    }
    const std::span<ScanQuery> pass(loan->queries.data(), width);
    sieve_each(pass, loan->sift, {allows.data(), width});
    for (std::size_t q = 0; q < width; ++q) {
      const std::size_t at = numbers[q] * request.k;
      write_results(pass[q].found, request.k, request.ids + at, request.scores + at);
    }
  }
}

// As they were given: a group would be sieved for one of its rows.
void FlatIndex::compare_matches(std::span<ScanQuery> pass, const Allow& allow) const {
  std::array<std::uint32_t, kGroup> slots;
  std::size_t waiting = 0;  // for their vectors to come from memory
  const auto compare = [&] {
    for (std::size_t i = 0; i < waiting; ++i) {
      for (ScanQuery& query : pass) query.offer(rows_, slots[i]);
    }
    waiting = 0;
  };
  for_each_allowed(rows_, allow, [&](std::uint32_t slot) {
    rows_.prefetch(slot);
    slots[waiting++] = slot;
    if (waiting == slots.size()) compare();
  });
  compare();
}

void FlatIndex::sieve_all(std::span<ScanQuery> pass, Sift& sift, const Allow* allow) const {
  sieve_groups(pass, sift, allow, [](std::size_t, std::uint32_t) { return true; });
}

// The few rows that a sieve lets pass are looked up in the query's own filter, not all of the group.
void FlatIndex::sieve_each(std::span<ScanQuery> pass, Sift& sift,
                           std::span<const Allow* const> allows) const {
  sieve_groups(pass, sift, nullptr, [&](std::size_t q, std::uint32_t slot) {
    return allows[q] == nullptr || allows[q]->has(rows_.id(slot));
  });
}

template <class Admits>
void FlatIndex::sieve_groups(std::span<ScanQuery> pass, Sift& sift, const Allow* allow,
                             Admits admits) const {
  if (pass.empty()) return;
  sift.begin(*options_.kernels, pass, coder_.bytes() / kQuad);
  std::array<std::uint16_t, Sift::kGroups> wanted;
  const std::size_t groups = (rows_.slots() + kGroup - 1) / kGroup;
  std::size_t count = 0;
  float least_length = 0;
  for (std::size_t group = 0; group < groups; group += count) {
    const std::size_t of_chunk = groups_.kChunkSlots - group % groups_.kChunkSlots;
    count = std::min({Sift::groups_after(group), groups - group, of_chunk});
    const auto at = static_cast<std::uint32_t>(group);
    const auto end = std::min(static_cast<std::uint32_t>((group + count) * kGroup), rows_.slots());
    if (longest_.among(at * kGroup, end) < least_length) continue;
    std::uint32_t any = 0;
    for (std::size_t i = 0; i < count; ++i) any |= wanted[i] = allowed(group + i, allow);
    if (any == 0) continue;
    const auto passed = sift.sieve(groups_.at(at), count, lengths_.at(at), wanted.data());
    for (const auto& [row, query] : passed) rows_.prefetch(at * kGroup + row);
    for (const auto& [row, query] : passed) {
      const std::uint32_t slot = at * kGroup + row;
      if (admits(query, slot)) pass[query].offer(rows_, slot);
    }
    if (passed.empty()) continue;
    least_length = vitrine::least_length(pass);
  }
}

void FlatIndex::describe(FileHeader& header) const {
  header.code_bytes = static_cast<std::uint32_t>(coder_.bytes());
  header.row_error = row_error_;
}

void FlatIndex::write_more(FileWriter& file) const {
  const std::uint32_t groups = (rows_.slots() + kGroup - 1) / kGroup;
  file.write_slots(groups_, groups, 0);
  file.write_slots(lengths_, groups, 0);
}

Status FlatIndex::read_more(FileReader& file) {
  if (rows_.size() != rows_.slots()) return file.damaged("an exact index with empty slots");
  if (file.header().code_bytes != coder_.bytes()) return file.damaged("codes of another width");
  const std::uint32_t groups = (rows_.slots() + kGroup - 1) / kGroup;
  file.next_slots(groups_, groups);
  file.next_slots(lengths_, groups);
  for (std::uint32_t slot = 0; slot < rows_.slots(); ++slot) {
    longest_.note(slot, lengths_.at(slot / kGroup)[slot % kGroup]);
  }
  row_error_ = file.header().row_error;
  return {};
}

}  // namespace vitrine
