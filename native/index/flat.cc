#include "index/flat.h"

#include <mutex>

namespace vitrine {

// The new vector is written beyond the last, which nobody reads, then swapped in.
Status FlatIndex::put(std::uint32_t id, const float* vector) {
  if (Status status = rows_.make_room(gate_); !status.ok()) return status;
  const std::uint32_t next = rows_.slots();
  if (Status status = rows_.write(next, vector); !status.ok()) return status;
  const std::uint32_t old = rows_.slot(id);
  const std::unique_lock alone(gate_);
  if (old != kNone) rows_.retire(old);
  rows_.publish(next, id);
  if (old != kNone) rows_.move_last_to(old);
  return {};
}

void FlatIndex::take(std::uint32_t id) {
  const std::uint32_t slot = rows_.slot(id);
  const std::unique_lock alone(gate_);
  rows_.retire(slot);
  rows_.move_last_to(slot);
}

Status FlatIndex::read_more(FileReader& file) {
  if (rows_.size() != rows_.slots()) return file.damaged("an exact index with empty slots");
  return file.finish();
}

}  // namespace vitrine
