#include "filter/evaluate.h"

#include <algorithm>

namespace vitrine {
namespace {

constexpr Word bit_of(std::uint32_t row) { return Word{1} << (row % kWordRows); }

Bounds bounds_of(Node& node, const Program& program, const Attributes& attributes) {
  const std::uint64_t rows = attributes.all().size();
  const auto child = [&](std::uint32_t i) -> const Bounds& {
    return program.nodes[program.children[node.first + i]].bounds;
  };
  switch (node.op) {
    case Op::everything: return exactly(rows);
    case Op::flag: return exactly(attributes.flag(node.number).size());
    case Op::rows: return {0, std::min<std::uint64_t>(node.ids.size(), rows),
                           static_cast<double>(std::min<std::uint64_t>(node.ids.size(), rows))};
    case Op::negation: return without(child(0), rows);
    case Op::number: {
      const Column& column = attributes.column(node.number);
      node.place = column.place(node.range);
      return column.bounds(node.place);
    }
    case Op::category: {
      Bounds sum = exactly(0);
      for (const std::uint32_t id : node.ids) {
        const RowSet* category = attributes.category(id);
        if (category != nullptr) sum = either(sum, exactly(category->size()), rows);
      }
      return sum;
    }
    case Op::all: {
      Bounds sum = exactly(rows);
      for (std::uint32_t i = 0; i < node.count; ++i) sum = both(sum, child(i), rows);
      return sum;
    }
    case Op::any: {
      Bounds sum = exactly(0);
      for (std::uint32_t i = 0; i < node.count; ++i) sum = either(sum, child(i), rows);
      return sum;
    }
  }
  return {};
}

// One block of one evaluation.
class BlockEvaluation {
 public:
  BlockEvaluation(const Program& program, const Attributes& attributes, const WordKernels& kernels,
                  Word* scratch, std::size_t block)
      : program_(program), attributes_(attributes), kernels_(kernels), scratch_(scratch),
        block_(block) {}

  // Writes the node's rows; false, and anything written, where there are none for certain.
  bool load(const Node& node, std::size_t depth, Word* into) const {
    switch (node.op) {
      case Op::everything: return load(attributes_.all(), into);
      case Op::flag: return load(attributes_.flag(node.number), into);
      case Op::number:
        return attributes_.column(node.number).load(node.place, block_, into, kernels_);
      case Op::rows: return load_rows(node, into);
      case Op::category: return load_categories(node, into);
      case Op::negation:
        if (!load(attributes_.all(), into)) return false;
        subtract(child(node, 0), depth, into);
        return true;
      case Op::all: return load_all(node, depth, into);
      case Op::any: return load_any(node, depth, into);
    }
    return false;
  }

 private:
  bool load(const RowSet& set, Word* into) const {
    const RowBlock* block = set.block(block_);
    if (block == nullptr) return false;
    if (block->bits() != nullptr) {
      std::copy_n(block->bits(), kBlockWords, into);
    } else {
      std::fill_n(into, kBlockWords, Word{0});
      block->set_in(into);
    }
    return true;
  }

  void unite(const RowSet& set, Word* into) const {
    const RowBlock* block = set.block(block_);
    if (block == nullptr) return;
    if (block->bits() != nullptr) {
      kernels_.unite(into, block->bits());
    } else {
      block->set_in(into);
    }
  }

  void subtract(const RowSet& set, Word* into) const {
    const RowBlock* block = set.block(block_);
    if (block == nullptr) return;
    if (block->bits() != nullptr) {
      kernels_.subtract(into, block->bits());
    } else {
      block->clear_in(into);
    }
  }

  bool load_categories(const Node& node, Word* into) const {
    bool loaded = false;
    for (const std::uint32_t id : node.ids) {
      const RowSet* category = attributes_.category(id);
      if (category == nullptr) continue;
      if (loaded) {
        unite(*category, into);
      } else {
        loaded = load(*category, into);
      }
    }
    return loaded;
  }

  bool load_rows(const Node& node, Word* into) const {
    const std::span<const std::uint32_t> rows = rows_here(node);
    if (rows.empty()) return false;
    std::fill_n(into, kBlockWords, Word{0});
    for (const std::uint32_t row : rows) {
      if (attributes_.all().has(row)) into[row % kBlockRows / kWordRows] |= bit_of(row);
    }
    return true;
  }

  // The sorted list's part that lies in the block.
  std::span<const std::uint32_t> rows_here(const Node& node) const {
    const std::uint64_t first = std::uint64_t{block_} * kBlockRows;
    const auto from = std::lower_bound(node.ids.begin(), node.ids.end(), first);
    const auto to = std::lower_bound(from, node.ids.end(), first + kBlockRows);
    return {from, to};
  }

  bool load_all(const Node& node, std::size_t depth, Word* into) const {
    // `plan` has put what is taken away last: where that comes first, it is taken from everything.
    std::uint32_t next = 0;
    if (node.count > 0 && child(node, 0).op != Op::negation) {
      if (!load(child(node, next++), depth, into)) return false;
    } else if (!load(attributes_.all(), into)) {
      return false;
    }
    for (; next < node.count; ++next) {
      if (!intersect(child(node, next), depth, into)) return false;
    }
    return true;
  }

  bool load_any(const Node& node, std::size_t depth, Word* into) const {
    bool loaded = false;
    for (std::uint32_t i = 0; i < node.count; ++i) {
      if (loaded) {
        unite(child(node, i), depth, into);
      } else {
        loaded = load(child(node, i), depth, into);
      }
    }
    return loaded;
  }

  // False where nothing is left for certain.
  bool intersect(const Node& node, std::size_t depth, Word* into) const {
    const RowSet* set = single_set(node);
    const RowBlock* block = set == nullptr ? nullptr : set->block(block_);
    if (set != nullptr && block == nullptr) return false;
    if (block != nullptr && block->bits() != nullptr) {
      kernels_.intersect(into, block->bits());
      return true;
    }
    if (node.op == Op::negation) {
      subtract(child(node, 0), depth, into);
      return true;
    }
    Word* other = level(depth);
    if (!load(node, depth + 1, other)) return false;
    kernels_.intersect(into, other);
    return true;
  }

  void unite(const Node& node, std::size_t depth, Word* into) const {
    if (const RowSet* set = single_set(node)) return unite(*set, into);
    Word* other = level(depth);
    if (load(node, depth + 1, other)) kernels_.unite(into, other);
  }

  // `into` has no rows but items'.
  void subtract(const Node& node, std::size_t depth, Word* into) const {
    if (const RowSet* set = single_set(node)) return subtract(*set, into);
    if (node.op == Op::rows) {
      for (const std::uint32_t row : rows_here(node)) {
        into[row % kBlockRows / kWordRows] &= ~bit_of(row);
      }
      return;
    }
    Word* other = level(depth);
    if (load(node, depth + 1, other)) kernels_.subtract(into, other);
  }

  // Where the node is one set that lies ready.
  const RowSet* single_set(const Node& node) const {
    if (node.op == Op::flag) return &attributes_.flag(node.number);
    if (node.op == Op::everything) return &attributes_.all();
    if (node.op == Op::category && node.ids.size() == 1) return attributes_.category(node.ids[0]);
    return nullptr;
  }

  const Node& child(const Node& node, std::uint32_t i) const {
    return program_.nodes[program_.children[node.first + i]];
  }
  Word* level(std::size_t depth) const { return scratch_ + depth * kBlockWords; }

  const Program& program_;
  const Attributes& attributes_;
  const WordKernels& kernels_;
  Word* const scratch_;
  const std::size_t block_;
};

}  // namespace

Bounds plan(Program& program, const Attributes& attributes) {
  // Children come after their parents.
  for (std::size_t i = program.nodes.size(); i-- > 0;) {
    Node& node = program.nodes[i];
    node.bounds = bounds_of(node, program, attributes);
    if (node.op != Op::all) continue;
    const auto first = program.children.begin() + node.first;
    std::sort(first, first + node.count, [&program](std::uint32_t a, std::uint32_t b) {
      const Node& x = program.nodes[a];
      const Node& y = program.nodes[b];
      if ((x.op == Op::negation) != (y.op == Op::negation)) return y.op == Op::negation;
      return x.bounds.expected < y.bounds.expected;
    });
  }
  return program.nodes[program.root].bounds;
}

std::size_t evaluate(const Program& program, const Attributes& attributes,
                     const WordKernels& kernels, std::vector<Word>& scratch, std::span<Word> into) {
  if (scratch.size() < (kDepthMax + 1) * kBlockWords) scratch.resize((kDepthMax + 1) * kBlockWords);
  std::size_t count = 0;
  for (std::size_t at = 0; at * kBlockWords < into.size(); ++at) {
    Word* block = into.data() + at * kBlockWords;
    const BlockEvaluation here(program, attributes, kernels, scratch.data(), at);
    if (here.load(program.nodes[program.root], 0, block)) {
      count += kernels.count(block);
    } else {
      std::fill_n(block, kBlockWords, Word{0});
    }
  }
  return count;
}

}  // namespace vitrine
