#include "filter/program.h"

#include <algorithm>
#include <bit>
#include <string>

namespace vitrine {
namespace {

class Parser {
 public:
  Parser(std::span<const std::uint32_t> code, const Schema& schema, Program& program)
      : code_(code), schema_(schema), program_(program) {}

  Status run() {
    if (code_.size() > kProgramWordsMax) {
      return fail(Code::bad_argument, "a filter has " + std::to_string(code_.size()) +
                                          " words, the most is " + std::to_string(kProgramWordsMax));
    }
    // The nodes' lists of rows are parts of one vector, which must not move.
    program_.rows.reserve(code_.size());
    if (Status status = expression(1, program_.root); !status.ok()) return status;
    return at_ == code_.size() ? Status{} : wrong("the end of the filter");
  }

 private:
  Status wrong(const std::string& expected) const {
    const std::string found =
        at_ < code_.size() ? "is " + std::to_string(code_[at_]) : "is beyond the end";
    return fail(Code::bad_argument,
                "word " + std::to_string(at_) + " of the filter " + found + ", not " + expected);
  }

  Status below(std::uint32_t end, const char* what, std::uint32_t& value) {
    if (at_ >= code_.size() || code_[at_] >= end) {
      return wrong(std::string(what) + " below " + std::to_string(end));
    }
    value = code_[at_++];
    return {};
  }

  Status expression(std::size_t depth, std::uint32_t& made) {
    if (depth > kDepthMax) {
      return wrong("deeper than " + std::to_string(kDepthMax) + " expressions in each other");
    }
    if (program_.nodes.size() == kNodesMax) {
      return wrong("more than " + std::to_string(kNodesMax) + " expressions");
    }
    std::uint32_t op = 0;
    if (Status status = below(8, "an operator", op); !status.ok()) return status;
    made = static_cast<std::uint32_t>(program_.nodes.size());
    program_.nodes.push_back({.op = static_cast<Op>(op)});
    switch (static_cast<Op>(op)) {
      case Op::everything: return {};
      case Op::category: return ids(program_.nodes[made].ids);
      case Op::flag: return below(schema_.flags, "a flag", program_.nodes[made].number);
      case Op::number: return range(program_.nodes[made]);
      case Op::rows: return sorted_rows(program_.nodes[made].ids);
      case Op::negation: return children(depth, 1, made);
      case Op::all:
      case Op::any: break;
    }
    std::uint32_t count = 0;
    if (Status status = below(kNodesMax, "a number of expressions", count); !status.ok()) {
      return status;
    }
    return children(depth, count, made);
  }

  Status ids(std::span<const std::uint32_t>& list) {
    std::uint32_t count = 0;
    if (Status status = below(kProgramWordsMax, "a count", count); !status.ok()) return status;
    if (count > code_.size() - at_) {
      at_ = code_.size();
      return wrong("one of the " + std::to_string(count) + " that were announced");
    }
    list = code_.subspan(at_, count);
    at_ += count;
    return {};
  }

  Status sorted_rows(std::span<const std::uint32_t>& list) {
    if (Status status = ids(list); !status.ok()) return status;
    const std::size_t first = program_.rows.size();
    program_.rows.insert(program_.rows.end(), list.begin(), list.end());
    const std::span<std::uint32_t> own(program_.rows.data() + first, list.size());
    if (!std::is_sorted(own.begin(), own.end())) std::sort(own.begin(), own.end());
    list = own;
    return {};
  }

  Status range(Node& node) {
    if (Status status = below(schema_.columns, "a column", node.number); !status.ok()) {
      return status;
    }
    if (code_.size() - at_ < 4) {
      at_ = code_.size();
      return wrong("the bounds of a range");
    }
    node.range = {float64(at_), float64(at_ + 2)};
    at_ += 4;
    return {};
  }

  double float64(std::size_t word) const {
    return std::bit_cast<double>(code_[word] | std::uint64_t{code_[word + 1]} << 32);
  }

  Status children(std::size_t depth, std::uint32_t count, std::uint32_t parent) {
    const std::size_t base = program_.open.size();
    for (std::uint32_t i = 0; i < count; ++i) {
      std::uint32_t child = 0;
      if (Status status = expression(depth + 1, child); !status.ok()) return status;
      program_.open.push_back(child);
    }
    Node& node = program_.nodes[parent];
    node.first = static_cast<std::uint32_t>(program_.children.size());
    node.count = count;
    const auto own = program_.open.begin() + static_cast<std::ptrdiff_t>(base);
    program_.children.insert(program_.children.end(), own, program_.open.end());
    program_.open.resize(base);
    return {};
  }

  const std::span<const std::uint32_t> code_;
  const Schema& schema_;
  Program& program_;
  std::size_t at_ = 0;
};

}  // namespace

Status parse(std::span<const std::uint32_t> code, const Schema& schema, Program& program) {
  program.nodes.clear();
  program.children.clear();
  program.rows.clear();
  program.open.clear();
  return Parser(code, schema, program).run();
}

}  // namespace vitrine
