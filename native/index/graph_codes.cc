// How a graph's codes follow what its vectors need.
#include <mutex>
#include <shared_mutex>

#include "index/fidelity.h"
#include "index/graph.h"

namespace vitrine {
namespace {

constexpr std::size_t kChosenTogether = 16;

}  // namespace

DotsFn GraphIndex::dots_for(Width width) const noexcept {
  return width == Width::wide ? options_.kernels->wide_dots : options_.kernels->dots;
}

bool GraphIndex::may_widen() const noexcept {
  return options_.coding == Coding::fitted && codes_.coder().width() == Width::narrow;
}

// As soon as there are enough to tell. Many that come at once are judged before (graph_bulk.cc).
Status GraphIndex::judge() {
  if (!may_widen()) return {};
  std::vector<float> kept(kJudged * options_.dim);
  std::size_t read = 0;
  for (std::uint32_t slot = 0; slot < rows_.slots() && read < kJudged; ++slot) {
    if (state(slot) != live) continue;
    rows_.read(slot, kept.data() + read * options_.dim);
    ++read;
  }
  const std::span<const float> sample(kept.data(), read * options_.dim);
  if (narrow_codes_suffice(sample, options_)) return {};
  if (Status status = widen(); !status.ok()) return status;
  // Edges were chosen by codes that could not tell: chosen once more, now that few have any. Searches go
  // on meanwhile.
  for (std::size_t refined = 0; refined < rows_.size();) refined += refine_group(kChosenTogether);
  return {};
}

Status GraphIndex::widen() {
  Codes wide(options_.dim, Width::wide, coded_length_min(options_.metric));
  while (wide.rows().capacity() < codes_.rows().capacity()) {
    std::uint8_t* chunk = wide.rows().make_chunk();
    if (chunk == nullptr) return fail(Code::internal, "there is no memory for codes of two bytes");
    wide.rows().append(chunk);
  }
  std::vector<float> kept(options_.dim);
  for (std::uint32_t slot = 0; slot < rows_.slots(); ++slot) {
    rows_.read(slot, kept.data());
    wide.note(wide.coder().encode(kept.data(), wide.row(slot)));
  }
  const std::span<const std::uint32_t> begin = entries_.slots();
  Entries entries(wide.width(), entries_.limit());
  for (const std::uint32_t slot : begin) entries.add(slot, wide.row(slot));
  const std::unique_lock alone(gate_);
  codes_.swap_content(wide);
  dots_ = dots_for(Width::wide);
  std::swap(entries_, entries);
  return {};
}

}  // namespace vitrine
