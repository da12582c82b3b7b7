// What the native checks and the stress run share. Built by test/native/vector-sanitizer.test.ts, not
// part of the addon.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "core/prng.h"

#define EXPECT(condition)                                                            \
  do {                                                                               \
    if (!(condition)) {                                                              \
      std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);   \
      std::exit(1);                                                                  \
    }                                                                                \
  } while (false)

namespace vitrine::test {

inline std::vector<float> random_row(std::uint64_t seed, std::size_t dim) {
  Prng prng(seed);
  std::vector<float> row(dim);
  for (float& value : row) value = prng.signed_unit();
  return row;
}

// Of the calling thread, so far: vector_main.cc.
extern thread_local std::uint64_t allocations;

// vector_walk.cc: what a walk is made of.
void check_walk();

// vector_check.cc: parts that the addon's face does not show. `folder` is an empty one to write in.
void check(const char* folder);

// vector_stress.cc: several threads on one index for about `seconds`, against an oracle.
void stress(double seconds, const char* folder);

// recommend_stress.cc: batches of visitors, and what they are answered from changes meanwhile.
void recommend_stress(double seconds);

}  // namespace vitrine::test
