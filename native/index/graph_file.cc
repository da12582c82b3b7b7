// The graph's sections of the file: states, edges, entries.
#include <algorithm>

#include "index/graph.h"

namespace vitrine {

void GraphIndex::describe(FileHeader& header) const {
  header.entries = static_cast<std::uint32_t>(entries_.slots().size());
  header.entry_level = entry_level_;
}

// What a sweep has done so far stays done; the one that is under way begins anew in whoever reads this.
void GraphIndex::write_more(FileWriter& file) const {
  for (std::uint32_t slot = 0; slot < rows_.slots(); ++slot) {
    const std::uint8_t saved = state(slot) == doomed ? dead : state(slot);
    file.write(&saved, sizeof saved);
  }
  for (std::uint32_t slot = 0; slot < rows_.slots(); ++slot) {
    file.write(edges_.at(slot), options_.degree * sizeof(std::uint32_t));
  }
  file.write(entries_.slots().data(), entries_.slots().size_bytes());
}

Status GraphIndex::read_more(FileReader& file) {
  if (Status status = make_room(); !status.ok()) return status;
  for (std::uint32_t slot = 0; slot < rows_.slots(); ++slot) {
    if (Status status = file.read(states_.at(slot), 1); !status.ok()) return status;
  }
  for (std::uint32_t slot = 0; slot < rows_.slots(); ++slot) {
    Status status = file.read(edges_.at(slot), options_.degree * sizeof(std::uint32_t));
    if (!status.ok()) return status;
  }
  std::vector<std::uint32_t> entries(file.header().entries);
  Status status = file.read(entries.data(), entries.size() * sizeof(std::uint32_t));
  if (!status.ok()) return status;
  entry_level_ = file.header().entry_level;
  if (status = file.finish(); !status.ok()) return status;
  if (status = check_loaded(file, entries); !status.ok()) return status;
  float kept[kDimMax];
  for (std::uint32_t slot = 0; slot < rows_.slots(); ++slot) {
    rows_.read(slot, kept);
    codes_.note(codes_.coder().encode(kept, codes_.row(slot)));
  }
  replace_entries(entries);
  return {};
}

// The checksum says that this is what was saved; this says that a search cannot leave memory, whoever
// made the file.
Status GraphIndex::check_loaded(FileReader& file, std::span<const std::uint32_t> entries) {
  const std::uint32_t slots = rows_.slots();
  const auto leads_astray = [&](std::uint32_t edge) {
    return edge != kNone && (edge >= slots || state(edge) == free);
  };
  for (std::uint32_t slot = slots; slot-- > 0;) {
    const State saved = state(slot);
    if (saved > free || (saved == live) != (rows_.id(slot) != kNone)) {
      return file.damaged("a vector's state and id do not agree");
    }
    dead_ += saved == dead;
    if (saved == free) free_.push_back(slot);
    const std::uint32_t* first = edges_.at(slot);
    if (saved != free && std::any_of(first, first + options_.degree, leads_astray)) {
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
  return codes_.bytes() + edges_.bytes() + states_.bytes() + entries_.bytes() +
         (free_.capacity() + doomed_.capacity()) * sizeof(std::uint32_t);
}

}  // namespace vitrine
