// The approximate index: each vector keeps edges to near ones, and a search follows them from a few
// entry points towards the query (a flat graph with the pruning of Vamana, Subramanya et al. 2019; for
// inner products with the added edges of ip-NSW, Morozov & Babenko 2018). Walks compare codes; what they
// bring home is compared again as it was given.
//
// Vectors come one by one. A removed one stays as a way for searches to pass, never as a result,
// until a sweep has led all edges around it; then its slot is used again.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/lender.h"
#include "core/slot_array.h"
#include "core/top_k.h"
#include "index/detours.h"
#include "index/edge_changes.h"
#include "index/graph_walk.h"
#include "index/index.h"
#include "index/links.h"
#include "index/net.h"
#include "index/scan.h"
#include "index/slot_filters.h"
#include "index/slot_state.h"

namespace vitrine {

class GraphIndex final : public Index {
 public:
  explicit GraphIndex(const IndexOptions& options);

  std::size_t refine(std::size_t count) override;

 private:
  using State = SlotState;
  using enum SlotState;

  // See graph_repair.cc.
  static constexpr std::uint32_t kDeadShare = 20;

  // One search's working memory.
  struct Search {
    Walk walk;
    Aligned<std::int8_t> codes;
    CodedQuery coded;
    Probe probe;
    TopK found;
    std::vector<std::uint32_t> finalists;
    std::size_t looked_at = 0;  // places of the pool that the finalists came from
    std::size_t query = 0;
    const Allow* allow = nullptr;  // what it brings home is asked for; nullptr: it was, or may all be
    std::span<const std::uint64_t> slots = {};  // the same, by slot, where that is remembered

    bool admits(const Rows& rows, std::uint32_t slot) const noexcept {
      if (allow != nullptr && !slots.empty()) return ((slots[slot / 64] >> (slot % 64)) & 1) != 0;
      const std::uint32_t id = rows.id(slot);
      return id != kNone && (allow == nullptr || allow->has(id));
    }
  };

  // Walks that take turns: while one's codes come from memory, the others compute.
  struct Turns {
    std::array<Search, 6> searches;
    std::vector<std::uint32_t> to_scan;  // numbers of queries
  };

  Status put_many(std::span<const std::uint32_t> ids, const float* vectors,
                  const Progress& progress) override;
  Status put(std::uint32_t id, const float* vector) override;
  void take(std::uint32_t id) override;
  std::size_t take_many(std::span<const std::uint32_t> ids) override;

  // graph_search.cc
  void answer(const float* queries, std::size_t count, const SearchRequest& request) const override;
  void answer_together(const float* queries, std::size_t first, std::size_t end,
                       const SearchRequest& request, Turns& turns) const;
  bool answer_filtered(const float* queries, std::size_t q, Question question,
                       const SearchRequest& request, const SlotFilters::Pin& pin, Search& search) const;
  template <class Admits>
  bool walk_filtered(Question& question, const SearchRequest& request, Admits admits, Search& search,
                     Choice& choice) const;
  void answer_by_length(const float* queries, std::size_t count, const Question& question,
                        const SearchRequest& request, Turns& turns) const;
  void walk_together(const float* queries, std::size_t first, std::size_t end,
                     const SearchRequest& request, Turns& turns) const;
  bool scan_together(const float* queries, std::span<const std::uint32_t> numbers, bool by_id,
                     std::uint64_t rows_max, const SearchRequest& request,
                     const SlotFilters::Pin* pin = nullptr) const;
  SlotFilters::Pin remembered(const SearchRequest& request, const Question& question) const;
  Question question(const SearchRequest& request, std::size_t batch) const;
  void prepare(const float* query, Search& search) const;
  Reach reach(const SearchRequest& request) const noexcept;
  void choose_finalists(Search& search, std::uint32_t k) const;
  float hope(const Search& search, std::uint64_t place) const noexcept;
  void finish(const float* query, Search& search, const SearchRequest& request, std::uint32_t* ids,
              float* scores) const;
  void finish_surely(const float* query, Search& search, const SearchRequest& request) const;

  // graph_bulk.cc
  Status fill(std::span<const std::uint32_t> ids, const float* vectors, const Progress& progress);
  void swap_content(GraphIndex& other) noexcept;

  // graph_codes.cc
  Status judge();  // writer only
  Status widen();  // writer only
  bool may_widen() const noexcept;
  DotsFn dots_for(Width width) const noexcept;

  // graph_build.cc; writer only
  Status put_groups(std::span<const std::uint32_t> ids, const float* vectors, const Progress& progress);
  Status put_group(std::span<const std::uint32_t> ids, const float* vectors);
  Status write_group(std::span<const std::uint32_t> ids, const float* vectors, double& row_error);
  void choose_free(std::size_t count, const float* vectors);
  Status make_room(std::size_t count);
  void apply_changes();  // gate held
  bool wants_entry(std::uint32_t slot) const noexcept;
  void add_entry(std::uint32_t slot);
  void draw_entries();
  float length_of_longest(std::span<const std::uint32_t> slots, std::size_t count) const;
  void replace_entries(std::span<const std::uint32_t> slots);

  // graph_repair.cc; writer only
  std::size_t take_group(std::span<const std::uint32_t> ids);
  std::size_t refine_group(std::size_t most);
  void tend(std::size_t changes, std::uint32_t dead_share);
  void begin_sweep();
  void lead_around(std::uint32_t first, std::uint32_t end);
  void end_sweep();
  void clear();

  // graph_file.cc
  void describe(FileHeader& header) const override;
  void write_more(FileWriter& file) const override;
  Status read_more(FileReader& file) override;
  Status check_loaded(FileReader& file, std::span<const std::uint32_t> entries);
  std::size_t more_bytes() const override;
  std::size_t code_width() const noexcept override { return codes_.width(); }

  Scanned scanned() const noexcept { return {rows_, codes_, longest_, *options_.kernels, dots_}; }
  Net net() const noexcept { return {rows_, codes_, edges_, entries_, rules_, dots_, steps_}; }
  // How the answers are ordered.
  Near near() const noexcept;
  State state(std::uint32_t slot) const noexcept { return state_of(states_, slot); }
  void set_state(std::uint32_t slot, State state) noexcept {
    *states_.at(slot) = static_cast<std::uint8_t>(state);
  }

  const std::vector<EdgeRule> rules_;
  const StepKernels& steps_;

  // Changed with the gate held.
  Codes codes_;
  DotsFn dots_;                     // for codes of that width
  SlotArray<std::uint32_t> edges_;  // options().degree slots each; kNone ends a group early
  Entries entries_;                 // where searches begin: a sample of the slots
  Longest longest_;

  std::uint32_t passed_ = 0;        // slots that are nobody's, and where edges lead

  // The writer's own.
  SlotStates states_;
  std::vector<std::uint32_t> free_;
  std::vector<std::uint32_t> doomed_;
  std::uint32_t dead_ = 0;          // doomed ones not counted
  std::uint32_t sweep_at_ = kNone;  // next slot of the sweep; kNone: none is under way
  std::uint32_t refine_at_ = 0;     // whose turn it is
  std::uint32_t entry_level_;       // one slot in 2^this is an entry
  float entry_length_ = 0;          // inner product: those that are at least so long are as well
  std::vector<std::uint32_t> group_;   // slots whose edges are chosen together
  std::vector<EdgeChanges> changes_;   // a thread each
  std::vector<Detours> detours_;       // a thread each
  Links links_;

  mutable SlotFilters filters_;
  mutable Lender<Turns> turns_;
  mutable Lender<ScanPass> passes_;
};

}  // namespace vitrine
