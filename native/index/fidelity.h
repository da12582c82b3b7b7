// Whether codes of one byte can tell an index's vectors apart: measured on the vectors themselves.
#pragma once

#include <cstddef>
#include <span>

#include "index/options.h"

namespace vitrine {

// Vectors that are enough to tell, and the fewest that are.
inline constexpr std::size_t kJudged = 2048;

// Of the ten nearest to one of `vectors` among the others, the share that codes of one byte find among
// theirs, 0..1, on average over some. `vectors`: rows of `options.dim` finite floats, 12 or more of them,
// drawn evenly; the work is bounded, whatever the dimension.
double kept_by_narrow_codes(std::span<const float> vectors, const IndexOptions& options);

// Vectors that lie close together, for all that is common to them (a mean far from the origin, tight
// bundles), differ by less than the steps of one byte. Learned word vectors keep 0.98; from 0.95 down,
// graphs over them lost recall that no beam brought back.
inline bool narrow_codes_suffice(std::span<const float> vectors, const IndexOptions& options) {
  return kept_by_narrow_codes(vectors, options) >= 0.95;
}

}  // namespace vitrine
