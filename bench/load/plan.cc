#include "plan.h"

#include <cstring>
#include <fstream>

#include "options.h"

namespace {

constexpr std::uint64_t kEntriesMax = 1'000'000'000;

template <typename Value>
void read_into(std::ifstream& file, Value* values, std::size_t count) {
  const auto bytes = static_cast<std::streamsize>(count * sizeof(Value));
  if (!file.read(reinterpret_cast<char*>(values), bytes)) fail("the plan ends early");
}

template <typename Value>
Value read_one(std::ifstream& file) {
  Value value{};
  read_into(file, &value, 1);
  return value;
}

}  // namespace

Plan read_plan(const std::string& path, std::size_t requests) {
  Plan plan;
  if (path.empty()) return plan;
  std::ifstream file(path, std::ios::binary);
  if (!file) fail("cannot read " + path);
  char mark[4];
  read_into(file, mark, sizeof mark);
  if (std::memcmp(mark, "VLP1", sizeof mark) != 0) fail(path + " is not a plan");
  if (read_one<std::uint32_t>(file) != requests) fail("the plan is for other requests");
  const auto due = read_one<std::uint64_t>(file);
  const auto entries = read_one<std::uint64_t>(file);
  if (due > kEntriesMax || entries > kEntriesMax) fail("the plan is damaged");
  plan.due_s.resize(due);
  plan.sequence.resize(entries);
  plan.kinds.resize(requests);
  read_into(file, plan.due_s.data(), due);
  read_into(file, plan.sequence.data(), entries);
  read_into(file, plan.kinds.data(), requests);
  if (file.peek() != std::ifstream::traits_type::eof()) {
    plan.lanes.resize(requests);
    read_into(file, plan.lanes.data(), requests);
  }
  for (std::size_t i = 0; i < plan.due_s.size(); ++i) {
    const double before = i == 0 ? 0 : plan.due_s[i - 1];
    if (!(plan.due_s[i] >= before)) fail("the plan's times do not ascend");
  }
  for (const std::uint32_t request : plan.sequence) {
    if (request >= requests) fail("the plan names a request that there is not");
  }
  return plan;
}
