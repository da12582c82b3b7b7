#include "index/rows.h"

#include <algorithm>
#include <cmath>
#include <cstring>
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
      cosine_(options.metric == Metric::cosine),
      sign_(options.metric == Metric::l2 ? -1.0f : 1.0f),
      rows_(padded(options.dim)),
      inverse_norms_(1),
      ids_(1) {}

std::size_t Rows::bytes() const noexcept {
  return rows_.bytes() + inverse_norms_.bytes() + ids_.bytes() + by_id_.bytes();
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

Status Rows::make_room(Gate& gate) {
  if (slots_ == rows_.capacity()) {
    if (slots_ > kNone - SlotArray<float>::kChunkSlots) {
      return fail(Code::bad_argument, "the index is full: it holds 2^32 vectors");
    }
    auto rows = rows_.make_chunk();
    auto inverse_norms = inverse_norms_.make_chunk();
    auto ids = ids_.make_chunk();
    if (!rows || !inverse_norms || !ids) {
      return fail(Code::internal, "there is no memory for more vectors");
    }
    std::fill_n(ids.get(), SlotArray<std::uint32_t>::kChunkSlots, kNone);
    const std::unique_lock alone(gate);
    rows_.append(std::move(rows));
    inverse_norms_.append(std::move(inverse_norms));
    ids_.append(std::move(ids));
  }
  if (by_id_.full()) {
    IdMap larger = by_id_.grown();
    const std::unique_lock alone(gate);
    std::swap(by_id_, larger);
  }
  return {};
}

Status Rows::write(std::uint32_t slot, const float* vector) {
  float* row = rows_.at(slot);
  std::memcpy(row, vector, options_.dim * sizeof(float));
  std::fill(row + options_.dim, row + stride(), 0.0f);
  const double length = norm(row, options_.dim);
  *inverse_norms_.at(slot) = inverse(length);
  if (acceptable(length)) return {};
  Status status = refusal(row, options_.dim, "a vector");
  std::fill_n(row, stride(), 0.0f);  // a slot holds a vector that may be saved, whoever's it is
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
  std::memcpy(rows_.at(slot), rows_.at(last), stride() * sizeof(float));
  *inverse_norms_.at(slot) = inverse_norm(last);
  const std::uint32_t moved = id(last);
  *ids_.at(last) = kNone;
  publish(slot, moved);
}

void Rows::write_to(FileWriter& file) const {
  for (std::uint32_t slot = 0; slot < slots_; ++slot) file.write(ids_.at(slot), sizeof(std::uint32_t));
  for (std::uint32_t slot = 0; slot < slots_; ++slot) file.write(row(slot), options_.dim * sizeof(float));
}

Status Rows::read_from(FileReader& file) {
  const std::size_t slots = file.header().slots;
  std::vector<std::uint32_t> ids(slots);
  if (Status status = file.read(ids.data(), slots * sizeof(std::uint32_t)); !status.ok()) return status;
  std::vector<float> vector(options_.dim);
  Gate gate;  // nobody else has seen these rows
  for (const std::uint32_t id : ids) {
    const std::uint32_t slot = slots_;
    if (Status status = make_room(gate); !status.ok()) return status;
    if (Status status = file.read(vector.data(), vector.size() * sizeof(float)); !status.ok()) return status;
    if (!write(slot, vector.data()).ok()) return file.damaged("a vector that is not finite");
    if (id != kNone && by_id_.find(id) != kNone) return file.damaged("an id that is there twice");
    if (id != kNone) publish(slot, id);
    slots_ = slot + 1;
  }
  if (size() != file.header().size) return file.damaged("a wrong count of vectors");
  return {};
}

}  // namespace vitrine
