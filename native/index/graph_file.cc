// The graph's sections of the file: states, edges, entries.
#include <algorithm>

#include "index/graph.h"

namespace vitrine {

void GraphIndex::describe(FileHeader& header) const {
  header.entries = static_cast<std::uint32_t>(entries_.slots().size());
  header.entry_level = entry_level_;
  header.code_bytes = static_cast<std::uint32_t>(codes_.width());
  header.row_error = codes_.row_error();
}

// What a sweep has done so far stays done; the one that is under way begins anew in whoever reads this.
void GraphIndex::write_more(FileWriter& file) const {
  file.write_slots(codes_.rows(), rows_.slots(), 0);
  file.write_slots(edges_, rows_.slots(), 0xff);
  std::vector<std::uint8_t> states(edges_.capacity(), static_cast<std::uint8_t>(free));
  for (std::uint32_t slot = 0; slot < rows_.slots(); ++slot) {
    states[slot] = static_cast<std::uint8_t>(state(slot) == doomed ? dead : state(slot));
  }
  const std::size_t chunk = SlotArray<std::uint8_t>::kChunkSlots;
  file.begin();
  file.write(states.data(), (rows_.slots() + chunk - 1) / chunk * chunk);
  file.begin();
  file.write(entries_.slots().data(), entries_.slots().size_bytes());
}

Status GraphIndex::read_more(FileReader& file) {
  if (file.header().code_bytes != codes_.width()) return file.damaged("codes of another width");
  file.next_slots(codes_.rows(), rows_.slots());
  file.next_slots(edges_, rows_.slots());
  file.next_slots(states_, rows_.slots());
  const std::size_t count = file.header().entries;
  const std::span<const std::uint32_t> entries(file.next<std::uint32_t>(count), count);
  entry_level_ = file.header().entry_level;
  codes_.note(file.header().row_error);
  if (Status status = check_loaded(file, entries); !status.ok()) return status;
  replace_entries(entries);
  for (std::uint32_t slot = 0; slot < rows_.slots(); ++slot) longest_.note(slot, rows_.length(slot));
  return {};
}

// The checksum says that this is what was saved; this says that a search cannot leave memory, whoever
// made the file.
Status GraphIndex::check_loaded(FileReader& file, std::span<const std::uint32_t> entries) {
  const std::uint32_t slots = rows_.slots();
  for (std::size_t slot = slots; slot < states_.capacity(); ++slot) {
    if (state(static_cast<std::uint32_t>(slot)) != free) return file.damaged("a state of no vector");
  }
  bool any_free = false;
  for (std::uint32_t slot = 0; slot < slots; ++slot) any_free |= state(slot) == free;
  const auto leads_astray = [&](std::uint32_t edge) {
    return edge != kNone && (edge >= slots || state(edge) == free);
  };
  const auto any_astray = [&](const std::uint32_t* edges) {
    if (any_free) return std::any_of(edges, edges + options_.degree, leads_astray);
    std::uint32_t over = 0;  // by sign bits, so that the loop becomes vectors: slots are below 2^31
    for (std::uint32_t i = 0; i < options_.degree; ++i) over |= (edges[i] + 1) | (slots - (edges[i] + 1));
    return over >> 31 != 0;
  };
  for (std::uint32_t slot = slots; slot-- > 0;) {
    const State saved = state(slot);
    if (saved > free || (saved == live) != (rows_.id(slot) != kNone)) {
      return file.damaged("a vector's state and id do not agree");
    }
    dead_ += saved == dead;
    passed_ += saved == dead;
    if (saved == free) free_.push_back(slot);
    if (saved != free && any_astray(edges_.at(slot))) {
      return file.damaged("an edge that leads to no vector");
    }
  }
  const bool astray = std::any_of(entries.begin(), entries.end(), [&](std::uint32_t entry) {
    return entry == kNone || leads_astray(entry);
  });
  if (astray || (entries.empty() && rows_.size() > 0)) {
    return file.damaged("entries that are no vectors");
  }
  return {};
}

std::size_t GraphIndex::more_bytes() const {
  return codes_.bytes() + edges_.bytes() + states_.bytes() + entries_.bytes() + filters_.bytes() +
         (free_.capacity() + doomed_.capacity()) * sizeof(std::uint32_t);
}

}  // namespace vitrine
