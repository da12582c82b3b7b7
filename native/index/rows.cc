#include "index/rows.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <mutex>
#include <string>

namespace vitrine {
namespace {

// Length of a vector; not finite where one of its values is not.
double norm(const float* vector, std::size_t dim) noexcept {
  double sum = 0;  // the square of any float is a finite double
  for (std::size_t i = 0; i < dim; ++i) sum += double{vector[i]} * double{vector[i]};
  return std::sqrt(sum);
}

float inverse(double norm) noexcept {
  return norm < kCosineNormMin ? 0.0f : static_cast<float>(1 / norm);
}

bool acceptable(double norm) noexcept { return norm <= kNormMax; }  // false for NaN

// By sign bits of whole numbers, so that the loops become vectors on any machine.
bool all_finite(const float* values, std::size_t count) noexcept {
  std::uint32_t over = 0;
  for (std::size_t i = 0; i < count; ++i) {
    over |= 0x7f7f'ffffu - (std::bit_cast<std::uint32_t>(values[i]) & 0x7fff'ffffu);
  }
  return over >> 31 == 0;
}
bool all_finite(const std::uint16_t* halves, std::size_t count) noexcept {
  std::uint16_t over = 0;
  for (std::size_t i = 0; i < count; ++i) {
    over = static_cast<std::uint16_t>(over | (0x7f7f - (halves[i] & 0x7fff)));
  }
  return over >> 15 == 0;
}

Status refusal(const float* vector, std::size_t dim, const std::string& who) {
  for (std::size_t i = 0; i < dim; ++i) {
    if (std::isfinite(vector[i])) continue;
    return fail(Code::bad_argument, who + " holds " + std::to_string(vector[i]) + " at " +
                                        std::to_string(i) + "; every value must be finite");
  }
  return fail(Code::bad_argument, who + " is longer than 1e18, the longest vector there may be");
}

}  // namespace

Rows::Rows(const IndexOptions& options)
    : options_(options),
      kernel_(options.metric == Metric::l2 ? options.kernels->l2sq : options.kernels->dot),
      half_kernel_(options.metric == Metric::l2 ? options.kernels->half_l2sq
                                                : options.kernels->half_dot),
      fixed_kernel_(options.metric == Metric::l2 ? options.kernels->fixed_l2sq
                                                 : options.kernels->fixed_dot),
      cosine_(options.metric == Metric::cosine),
      half_(options.keep != Keep::f32),
      fixed_(options.keep == Keep::i16),
      sign_(options.metric == Metric::l2 ? -1.0f : 1.0f),
      rows_(padded(options.dim)),
      halves_(half_width(options.dim, options.keep)),
      lengths_(1),
      ids_(1) {}

std::size_t Rows::bytes() const noexcept {
  return rows_.bytes() + halves_.bytes() + lengths_.bytes() + ids_.bytes() + by_id_.bytes();
}

void Rows::prefetch(std::uint32_t slot) const noexcept {
  const char* row = half_ ? reinterpret_cast<const char*>(halves_.at(slot))
                          : reinterpret_cast<const char*>(rows_.at(slot));
  const std::size_t bytes = half_ ? halves_.width() * sizeof(std::uint16_t) : rows_.width() * sizeof(float);
  for (std::size_t at = 0; at < bytes; at += kCacheLine) __builtin_prefetch(row + at);
  __builtin_prefetch(lengths_.at(slot));
  __builtin_prefetch(ids_.at(slot));
}

void Rows::read(std::uint32_t slot, float* into) const noexcept {
  if (!half_) {
    std::memcpy(into, rows_.at(slot), options_.dim * sizeof(float));
    return;
  }
  if (fixed_) {
    const float each = step(slot);
    for (std::size_t i = 0; i < options_.dim; ++i) into[i] = static_cast<float>(fixed(slot)[i]) * each;
    return;
  }
  const std::uint16_t* halves = halves_.at(slot);
  for (std::size_t i = 0; i < options_.dim; ++i) {
    into[i] = std::bit_cast<float>(static_cast<std::uint32_t>(halves[i]) << 16);
  }
}

Status Rows::check(std::span<const float> vectors, const char* what) const {
  const std::size_t dim = options_.dim;
  for (std::size_t at = 0; at < vectors.size(); at += dim) {
    if (acceptable(norm(vectors.data() + at, dim))) continue;
    return refusal(vectors.data() + at, dim, std::string(what) + " " + std::to_string(at / dim));
  }
  return {};
}

Status Rows::prepare(std::span<const float> queries, std::vector<float>& prepared) const {
  const std::size_t dim = options_.dim;
  const std::size_t count = queries.size() / dim;
  prepared.assign(count * stride(), 0.0f);
  for (std::size_t q = 0; q < count; ++q) {
    float* row = prepared.data() + q * stride();
    std::memcpy(row, queries.data() + q * dim, dim * sizeof(float));
    // Of the copy: the caller's memory may be shared, and change.
    const double length = norm(row, dim);
    if (!acceptable(length)) return refusal(row, dim, "query " + std::to_string(q));
    if (!cosine_) continue;
    const float scale = inverse(length);
    for (std::size_t i = 0; i < dim; ++i) row[i] *= scale;
  }
  return {};
}

Status Rows::make_room(Gate& gate, std::size_t count) {
  while (slots_ + count > ids_.capacity()) {
    if (slots_ > kSlotsMax - SlotArray<float>::kChunkSlots) {
      return fail(Code::bad_argument, "the index is full: it holds 2^31 vectors");
    }
    float* rows = half_ ? nullptr : rows_.make_chunk();
    std::uint16_t* halves = half_ ? halves_.make_chunk() : nullptr;
    float* lengths = lengths_.make_chunk();
    std::uint32_t* ids = ids_.make_chunk();
    if ((half_ ? halves == nullptr : rows == nullptr) || lengths == nullptr || ids == nullptr) {
      return fail(Code::internal, "there is no memory for more vectors");
    }
    std::fill_n(ids, SlotArray<std::uint32_t>::kChunkSlots, kNone);
    const std::unique_lock alone(gate);
    if (half_) halves_.append(halves);
    if (!half_) rows_.append(rows);
    lengths_.append(lengths);
    ids_.append(ids);
  }
  if (by_id_.full(count)) {
    IdMap larger = by_id_.grown(count);
    const std::unique_lock alone(gate);
    std::swap(by_id_, larger);
  }
  return {};
}

void Rows::reserve(std::size_t slots) {
  (void)(half_ ? halves_.reserve(slots) : rows_.reserve(slots));
  (void)lengths_.reserve(slots);
  (void)ids_.reserve(slots);
}

// What is not finite makes a step that is not. Values are looked at once each: the caller's memory may be
// shared, and change.
void Rows::write_fixed(std::uint32_t slot, const float* vector) noexcept {
  constexpr float kMost = 32'767;
  const std::size_t dim = options_.dim;
  float values[kDimMax];
  std::memcpy(values, vector, dim * sizeof(float));
  float largest = 0;
  for (std::size_t i = 0; i < dim; ++i) largest = std::max(largest, std::abs(values[i]));
  float step = largest / kMost;
  if (step < std::numeric_limits<float>::min()) step = 0;  // too short to have a direction
  if (!all_finite(values, dim)) step = std::numeric_limits<float>::quiet_NaN();
  auto* const numbers = reinterpret_cast<std::int16_t*>(halves_.at(slot));
  std::fill_n(numbers, halves_.width(), std::int16_t{0});
  for (std::size_t i = 0; i < dim && step > 0; ++i) {
    numbers[i] = static_cast<std::int16_t>(std::lrint(std::clamp(values[i] / step, -kMost, kMost)));
  }
  std::memcpy(numbers + this->values(), &step, sizeof step);
}

Status Rows::write(std::uint32_t slot, const float* vector) {
  const std::size_t dim = options_.dim;
  float kept[kDimMax];
  if (fixed_) {
    write_fixed(slot, vector);
  } else if (half_) {
    std::uint16_t* halves = halves_.at(slot);
    for (std::size_t i = 0; i < dim; ++i) halves[i] = half_of(std::bit_cast<std::uint32_t>(vector[i]));
    std::fill(halves + dim, halves + halves_.width(), std::uint16_t{0});
  } else {
    std::memcpy(rows_.at(slot), vector, dim * sizeof(float));
    std::fill(rows_.at(slot) + dim, rows_.at(slot) + rows_.width(), 0.0f);
  }
  read(slot, kept);  // not `vector`: the caller's memory may be shared, and change
  const double length = norm(kept, dim);
  *lengths_.at(slot) = cosine_ ? inverse(length) : static_cast<float>(length);
  if (acceptable(length)) return {};
  Status status = refusal(kept, dim, "a vector");
  // A slot holds a vector that may be saved, whoever's it is.
  if (half_) std::fill_n(halves_.at(slot), halves_.width(), std::uint16_t{0});
  if (!half_) std::fill_n(rows_.at(slot), rows_.width(), 0.0f);
  *lengths_.at(slot) = 0;
  return status;
}

void Rows::publish(std::uint32_t slot, std::uint32_t id) {
  *ids_.at(slot) = id;
  by_id_.put(id, slot);
  slots_ = std::max(slots_, slot + 1);
}

void Rows::retire(std::uint32_t slot) {
  by_id_.erase(id(slot));
  *ids_.at(slot) = kNone;
}

void Rows::move_last_to(std::uint32_t slot) {
  const std::uint32_t last = --slots_;
  if (last == slot) return;
  if (half_) std::copy_n(halves_.at(last), halves_.width(), halves_.at(slot));
  if (!half_) std::copy_n(rows_.at(last), rows_.width(), rows_.at(slot));
  *lengths_.at(slot) = *lengths_.at(last);
  const std::uint32_t moved = id(last);
  *ids_.at(last) = kNone;
  publish(slot, moved);
}

void Rows::swap_content(Rows& other) noexcept {
  std::swap(rows_, other.rows_);
  std::swap(halves_, other.halves_);
  std::swap(lengths_, other.lengths_);
  std::swap(ids_, other.ids_);
  std::swap(by_id_, other.by_id_);
  std::swap(slots_, other.slots_);
}

void Rows::write_to(FileWriter& file) const {
  file.write_slots(ids_, slots_, 0xff);
  file.write_slots(lengths_, slots_, 0);
  if (half_) file.write_slots(halves_, slots_, 0);
  if (!half_) file.write_slots(rows_, slots_, 0);
}

Status Rows::read_from(FileReader& file) {
  slots_ = static_cast<std::uint32_t>(file.header().slots);
  file.next_slots(ids_, slots_);
  file.next_slots(lengths_, slots_);
  if (half_) file.next_slots(halves_, slots_);
  if (!half_) file.next_slots(rows_, slots_);
  for (std::uint32_t slot = 0; slot < slots_; ++slot) {
    const bool finite = fixed_ ? step(slot) >= 0 && step(slot) <= kNormMax
                        : half_ ? all_finite(halves_.at(slot), options_.dim)
                                : all_finite(rows_.at(slot), options_.dim);
    if (!finite || !(*lengths_.at(slot) >= 0 && std::isfinite(*lengths_.at(slot)))) {
      return file.damaged("a vector that is not finite");
    }
    const std::uint32_t id = *ids_.at(slot);
    if (id == kNone) continue;
    if (by_id_.size() == file.header().size) return file.damaged("a wrong count of vectors");
    if (by_id_.find(id) != kNone) return file.damaged("an id that is there twice");
    if (by_id_.full()) by_id_ = by_id_.grown();
    by_id_.put(id, slot);
  }
  // Those beyond the last are nobody's.
  for (std::size_t slot = slots_; slot < ids_.capacity(); ++slot) {
    if (*ids_.at(static_cast<std::uint32_t>(slot)) != kNone) return file.damaged("an id of no vector");
  }
  if (size() != file.header().size) return file.damaged("a wrong count of vectors");
  return {};
}

}  // namespace vitrine
