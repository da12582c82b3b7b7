// An expression against attributes: first what it will come to, then the bitmap, block by block, so
// that what is in between never leaves the first cache.
#pragma once

#include <cstddef>
#include <vector>

#include "filter/attributes.h"
#include "filter/program.h"

namespace vitrine {

// Fills in every node's bounds and a range's place, and puts the children of each `all of` in the order
// in which they are cheapest: the rarest first, what is taken away last. Returns the root's bounds.
Bounds plan(Program& program, const Attributes& attributes);

// Writes all the blocks there are rows for, and returns how many rows pass. `program` was planned on
// the same attributes. `scratch` grows to a block for each level of depth.
std::size_t evaluate(const Program& program, const Attributes& attributes,
                     const WordKernels& kernels, std::vector<Word>& scratch, std::span<Word> into);

}  // namespace vitrine
