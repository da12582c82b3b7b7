// Many vectors that come to an empty index: built aside, then swapped in whole.
#include <algorithm>
#include <mutex>
#include <numeric>
#include <shared_mutex>

#include "core/parallel.h"
#include "index/bulk.h"
#include "index/fidelity.h"
#include "index/graph.h"

namespace vitrine {
namespace {

// Fewer are sooner there one by one.
constexpr std::size_t kBulkMin = 2048;

constexpr std::size_t kGrain = 1024;
constexpr std::size_t kProgressEvery = 1024;

// Vectors that are brought in together: enough for several threads, some milliseconds' work.
constexpr std::size_t kGroup = 32;

bool among(std::span<const std::uint32_t> ids, std::uint32_t id) noexcept {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

// The next to come, none twice.
std::span<const std::uint32_t> group_at(std::span<const std::uint32_t> ids, std::size_t at) {
  std::size_t end = at;
  while (end < ids.size() && end < at + kGroup &&
         !among(ids.subspan(at, end - at), ids[end])) {
    ++end;
  }
  return ids.subspan(at, end - at);
}

// The last place of each id.
std::vector<std::uint32_t> places_that_count(std::span<const std::uint32_t> ids) {
  IdMap last;
  for (std::uint32_t at = 0; at < ids.size(); ++at) {
    if (last.full()) last = last.grown();
    last.put(ids[at], at);
  }
  std::vector<std::uint32_t> places;
  places.reserve(last.size());
  for (std::uint32_t at = 0; at < ids.size(); ++at) {
    if (last.find(ids[at]) == at) places.push_back(at);
  }
  return places;
}

// By inner product, where most vectors are much shorter than the longest: the longest first, so that a scan
// can end early (longest.h). Empty elsewhere.
std::vector<std::uint32_t> order_by_length(std::span<const std::uint32_t> places, const float* vectors,
                                           const IndexOptions& options) {
  if (options.metric != Metric::ip) return {};
  std::vector<double> squares;
  for (const std::uint32_t place : places) {
    const float* vector = vectors + std::size_t{place} * options.dim;
    squares.push_back(std::inner_product(vector, vector + options.dim, vector, 0.0));
  }
  const double longest = squares.empty() ? 0 : *std::max_element(squares.begin(), squares.end());
  const auto long_ones = std::count_if(squares.begin(), squares.end(), [&](double s) { return 4 * s >= longest; });
  if (2 * static_cast<std::size_t>(long_ones) > squares.size()) return {};
  std::vector<std::uint32_t> order(places.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return squares[a] > squares[b] || (squares[a] == squares[b] && a < b);
  });
  return order;
}

// Some of the rows, evenly.
std::vector<float> sample_of(std::size_t count, const float* vectors, std::size_t dim) {
  const std::size_t some = std::min(count, kJudged);
  std::vector<float> sample(some * dim);
  for (std::size_t i = 0; i < some; ++i) {
    std::copy_n(vectors + i * count / some * dim, dim, sample.begin() + static_cast<std::ptrdiff_t>(i * dim));
  }
  return sample;
}

}  // namespace

Status GraphIndex::put_many(std::span<const std::uint32_t> ids, const float* vectors,
                            const Progress& progress) {
  if (ids.size() < kBulkMin || ids.size() > kSlotsMax || size() > 0) {
    return put_groups(ids, vectors, progress);
  }
  IndexOptions options = options_;
  if (may_widen() && !narrow_codes_suffice(sample_of(ids.size(), vectors, options.dim), options)) {
    options.coding = Coding::wide;
  }
  GraphIndex filled(options);
  if (Status status = filled.fill(ids, vectors, progress); !status.ok()) return status;
  {
    const std::scoped_lock writing(writer_);
    if (rows_.size() == 0) {
      const std::unique_lock alone(gate_);
      swap_content(filled);
      return {};
    }
  }
  // Somebody else has added meanwhile. `progress` may have taken the caller's arrays from him.
  float kept[kDimMax];
  for (std::uint32_t slot = 0; slot < filled.rows_.slots(); ++slot) {
    filled.rows_.read(slot, kept);
    const std::scoped_lock writing(writer_);
    if (Status status = put(filled.rows_.id(slot), kept); !status.ok()) return status;
  }
  return {};
}

Status GraphIndex::put_groups(std::span<const std::uint32_t> ids, const float* vectors,
                              const Progress& progress) {
  for (std::size_t at = 0; at < ids.size();) {
    const std::span<const std::uint32_t> group = group_at(ids, at);
    {
      const std::scoped_lock writing(writer_);  // a group at a time: other writers get their turn
      if (Status status = put_group(group, vectors + at * options_.dim); !status.ok()) return status;
    }
    at += group.size();
    if (progress && at % kProgressEvery < group.size()) {
      progress(static_cast<double>(at) / static_cast<double>(ids.size()));
    }
  }
  return {};
}

// Nobody else has seen this index.
Status GraphIndex::fill(std::span<const std::uint32_t> ids, const float* vectors,
                        const Progress& progress) {
  std::vector<std::uint32_t> places = places_that_count(ids);
  const std::size_t count = places.size();
  const Coder& coder = codes_.coder();
  const std::size_t bytes = coder.bytes();
  const auto silent = [](std::size_t, std::size_t) {};
  {
    Aligned<std::uint8_t> codes;
    codes.sized(count * bytes);
    parallel(
        options_.threads, count, kGrain,
        [&](std::size_t, std::size_t first, std::size_t end) {
          for (std::size_t i = first; i < end; ++i) {
            coder.encode(vectors + std::size_t{places[i]} * options_.dim, codes.data() + i * bytes);
          }
        },
        silent);
    std::vector<std::uint32_t> order = order_by_length(places, vectors, options_);
    if (order.empty()) order = order_by_nearness(coder, codes.data(), count, dots_, options_.threads);
    std::vector<std::uint32_t> ordered(count);
    std::transform(order.begin(), order.end(), ordered.begin(), [&](std::uint32_t i) { return places[i]; });
    places.swap(ordered);
  }
  rows_.reserve(count);
  codes_.rows().reserve(count);
  edges_.reserve(count);
  states_.reserve(count);
  for (std::uint32_t slot = 0; slot < count; ++slot) {
    if (Status status = make_room(1); !status.ok()) return status;
    const float* vector = vectors + std::size_t{places[slot]} * options_.dim;
    if (Status status = rows_.write(slot, vector); !status.ok()) return status;
    rows_.publish(slot, ids[places[slot]]);
    longest_.note(slot, rows_.length(slot));
    set_state(slot, live);
  }
  std::vector<double> errors(options_.threads, 0);
  parallel(
      options_.threads, count, kGrain,
      [&](std::size_t worker, std::size_t first, std::size_t end) {
        float kept[kDimMax];
        for (std::size_t i = first; i < end; ++i) {
          const auto slot = static_cast<std::uint32_t>(i);
          rows_.read(slot, kept);
          errors[worker] = std::max(errors[worker], coder.encode(kept, codes_.row(slot)));
        }
      },
      silent);
  codes_.note(*std::max_element(errors.begin(), errors.end()));
  draw_entries();
  // From here on the caller's arrays are not looked at: `progress` may do with them what it likes.
  Bulk(net(), edges_, {options_.build_beam, options_.threads}, progress).run();
  return {};
}

void GraphIndex::swap_content(GraphIndex& other) noexcept {
  rows_.swap_content(other.rows_);
  filters_.forget();
  codes_.swap_content(other.codes_);
  std::swap(dots_, other.dots_);
  std::swap(edges_, other.edges_);
  std::swap(entries_, other.entries_);
  std::swap(longest_, other.longest_);
  std::swap(states_, other.states_);
  std::swap(free_, other.free_);
  std::swap(doomed_, other.doomed_);
  std::swap(dead_, other.dead_);
  std::swap(passed_, other.passed_);
  std::swap(sweep_at_, other.sweep_at_);
  std::swap(entry_level_, other.entry_level_);
  std::swap(entry_length_, other.entry_length_);
}

}  // namespace vitrine
