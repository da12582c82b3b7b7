// An expression over items, as it comes from JavaScript: a list of u32, prefix order.
//
//   everything            0
//   category in any of    1  count  category ...
//   flag                  2  flag
//   number in min..max    3  column  min (f64: low word, high word)  max (the same)
//   row in                4  count  row ...
//   not                   5  expression
//   all of                6  count  expression ...      (none: everything)
//   any of                7  count  expression ...      (none: nothing)
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/status.h"
#include "filter/column.h"
#include "filter/selectivity.h"

namespace vitrine {

enum class Op : std::uint32_t { everything, category, flag, number, rows, negation, all, any };

inline constexpr std::size_t kProgramWordsMax = 1u << 20;
inline constexpr std::size_t kNodesMax = 4096;
inline constexpr std::size_t kDepthMax = 16;

// How much there is to refer to.
struct Schema {
  std::uint32_t flags;
  std::uint32_t columns;
};

struct Node {
  Op op;
  std::uint32_t number = 0;            // flag: which; number: which column
  std::span<const std::uint32_t> ids = {};  // categories; or rows, sorted
  Range range = {};
  std::uint32_t first = 0;  // children: this place of Program::children,
  std::uint32_t count = 0;  // and so many after it
  Column::Place place = {};
  Bounds bounds = {};
};

// Filled again and again: nothing is allocated once it has grown.
struct Program {
  std::vector<Node> nodes;
  std::vector<std::uint32_t> children;  // nodes of `nodes`
  std::vector<std::uint32_t> rows;      // of all `rows` nodes, sorted each
  std::vector<std::uint32_t> open;      // children of expressions that are being read
  std::uint32_t root = 0;
};

// Refers to `code` as long as it is used. Fails with `bad_argument`, naming the word.
Status parse(std::span<const std::uint32_t> code, const Schema& schema, Program& program);

}  // namespace vitrine
