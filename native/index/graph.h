// The approximate index: each vector keeps edges to near ones, and a search follows them from a few
// entry points towards the query (a flat graph with the pruning of Vamana, Subramanya et al. 2019; for
// inner products with the added edges of ip-NSW, Morozov & Babenko 2018).
//
// Vectors come one by one. A removed one stays as a way for searches to pass, never as a result,
// until a sweep has led all edges around it; then its slot is used again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/slot_array.h"
#include "index/index.h"
#include "index/visited.h"

namespace vitrine {

// What makes a vector near to another, for one group of edges.
enum class Near : std::uint8_t { angle, product, distance };

// A group of edges: places `first .. first + count` of a slot's edges, filled from the front.
struct EdgeRule {
  Near near;
  std::uint32_t first;
  std::uint32_t count;
};

class GraphIndex final : public Index {
 public:
  explicit GraphIndex(const IndexOptions& options);

 private:
  enum State : std::uint8_t {
    live,    // somebody's
    dead,    // removed; edges may lead here
    free,    // no edge leads here
    doomed,  // dead when the sweep began; free when it ends
  };

  // New edges of one group of one slot, to be swapped in.
  struct Change {
    std::uint32_t slot;
    EdgeRule rule;
  };

  Status put(std::uint32_t id, const float* vector) override;
  void take(std::uint32_t id) override;
  void answer(const float* queries, std::size_t count, const SearchRequest& request) const override;

  // graph_walk.h: fills scratch.found with the best `beam` keys that key_of(slot) gives, by
  // score(slot); kNone keeps a slot out of the results, not out of the walk. False where it looked at
  // more than `looks_max` vectors and gave up. Readers' side of the gate held, or by the writer.
  template <class Score, class KeyOf>
  bool walk(Scratch& scratch, std::size_t beam, std::uint64_t looks_max, Score score,
            KeyOf key_of) const;

  // graph_build.cc; writer only
  Status make_room();
  float nearness(Near near, std::uint32_t a, std::uint32_t b) const noexcept;
  bool hides(Near near, float slack, std::uint32_t kept, const Hit& candidate) const noexcept;
  void prune(const EdgeRule& rule, std::span<const Hit> sorted);
  void plan_edges(std::uint32_t slot, std::uint32_t avoid);
  void plan_back_edge(const EdgeRule& rule, std::uint32_t from, std::uint32_t to);
  void plan_change(std::uint32_t slot, const EdgeRule& rule, std::span<const std::uint32_t> edges);
  void apply_changes();  // gate held
  void thin_entries();

  // graph_repair.cc; writer only
  void tend();
  void begin_sweep();
  void repair(std::uint32_t slot);
  bool plan_detour(std::uint32_t slot, const EdgeRule& rule);
  void end_sweep();
  void clear();

  // graph_file.cc
  void describe(FileHeader& header) const override;
  void write_more(FileWriter& file) const override;
  Status read_more(FileReader& file) override;
  Status check_loaded(FileReader& file);
  std::size_t more_bytes() const override;

  std::span<const std::uint32_t> edges(std::uint32_t slot, const EdgeRule& rule) const noexcept {
    return {edges_.at(slot) + rule.first, rule.count};
  }
  State state(std::uint32_t slot) const noexcept { return static_cast<State>(*states_.at(slot)); }
  void set_state(std::uint32_t slot, State state) noexcept { *states_.at(slot) = state; }

  const std::vector<EdgeRule> rules_;

  // Changed with the gate held.
  SlotArray<std::uint32_t> edges_;      // options().degree slots each; kNone ends a group early
  std::vector<std::uint32_t> entries_;  // where searches begin: a sample of the slots

  // The writer's own.
  SlotArray<std::uint8_t> states_;
  std::vector<std::uint32_t> free_;
  std::vector<std::uint32_t> doomed_;
  std::uint32_t dead_ = 0;            // doomed ones not counted
  std::uint32_t sweep_at_ = kNone;    // next slot of the sweep; kNone: none is under way
  std::uint32_t entry_level_;         // one slot in 2^this is an entry
  std::vector<Change> changes_;
  std::vector<std::uint32_t> changed_edges_;  // options().degree places for each change
  std::vector<std::uint32_t> kept_;           // result of prune
  std::vector<Hit> candidates_;
  Scratch writing_;

  mutable ScratchPool pool_;
};

}  // namespace vitrine
