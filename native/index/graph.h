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
#include "index/graph_walk.h"
#include "index/index.h"
#include "index/net.h"
#include "index/pruner.h"
#include "index/scan.h"

namespace vitrine {

class GraphIndex final : public Index {
 public:
  explicit GraphIndex(const IndexOptions& options);

  std::size_t refine(std::size_t count) override;

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

    bool admits(std::uint32_t id) const noexcept { return id != kNone && (allow == nullptr || allow->has(id)); }
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

  // graph_search.cc
  void answer(const float* queries, std::size_t count, const SearchRequest& request) const override;
  void answer_together(const float* queries, std::size_t first, std::size_t end,
                       const SearchRequest& request, Turns& turns) const;
  bool answer_filtered(const float* queries, std::size_t q, Question question,
                       const SearchRequest& request, Search& search) const;
  void answer_by_length(const float* queries, std::size_t count, const Question& question,
                        const SearchRequest& request, Turns& turns) const;
  bool walk_plainly(const float* query, const Question& question, const SearchRequest& request,
                    Search& search, std::uint64_t& steps) const;
  void walk_together(const float* queries, std::size_t first, std::size_t end,
                     const SearchRequest& request, Turns& turns) const;
  bool scan_together(const float* queries, std::span<const std::uint32_t> numbers, bool by_id,
                     std::uint64_t rows_max, const SearchRequest& request) const;
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

  // graph_build.cc; writer only
  Status make_room();
  void plan_edges(std::uint32_t slot, std::uint32_t avoid);
  void plan_back_edge(const EdgeRule& rule, std::uint32_t from, std::uint32_t to, float far);
  void plan_change(std::uint32_t slot, const EdgeRule& rule, std::span<const std::uint32_t> edges);
  void apply_changes();  // gate held
  bool wants_entry(std::uint32_t slot) const noexcept;
  void add_entry(std::uint32_t slot);
  void draw_entries();
  float length_of_longest(std::span<const std::uint32_t> slots, std::size_t count) const;
  void replace_entries(std::span<const std::uint32_t> slots);

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
  Status check_loaded(FileReader& file, std::span<const std::uint32_t> entries);
  std::size_t more_bytes() const override;

  Scanned scanned() const noexcept { return {rows_, codes_, longest_, *options_.kernels, dots_}; }
  Net net() const noexcept { return {rows_, codes_, edges_, entries_, rules_, dots_}; }
  // How the answers are ordered.
  Near near() const noexcept;
  std::span<const std::uint32_t> edges(std::uint32_t slot, const EdgeRule& rule) const noexcept {
    return {edges_.at(slot) + rule.first, rule.count};
  }
  State state(std::uint32_t slot) const noexcept { return static_cast<State>(*states_.at(slot)); }
  void set_state(std::uint32_t slot, State state) noexcept { *states_.at(slot) = state; }

  const std::vector<EdgeRule> rules_;
  const DotsFn dots_;

  // Changed with the gate held.
  Codes codes_;
  SlotArray<std::uint32_t> edges_;  // options().degree slots each; kNone ends a group early
  Entries entries_;                 // where searches begin: a sample of the slots
  Longest longest_;

  // The writer's own.
  SlotArray<std::uint8_t> states_;
  std::vector<std::uint32_t> free_;
  std::vector<std::uint32_t> doomed_;
  std::uint32_t dead_ = 0;          // doomed ones not counted
  std::uint32_t sweep_at_ = kNone;  // next slot of the sweep; kNone: none is under way
  std::uint32_t refine_at_ = 0;     // whose turn it is
  std::uint32_t entry_level_;       // one slot in 2^this is an entry
  float entry_length_ = 0;          // inner product: those that are at least so long are as well
  std::vector<Change> changes_;
  std::vector<std::uint32_t> changed_edges_;  // options().degree places for each change
  std::vector<std::uint32_t> kept_;           // result of a pruning
  std::vector<Candidate> candidates_;
  VisitedSet seen_;
  Walk walk_;
  Pruner pruner_;

  mutable Lender<Turns> turns_;
  mutable Lender<ScanPass> passes_;
};

}  // namespace vitrine
