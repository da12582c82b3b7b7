// Exact search: compares with every vector that may be returned.
#pragma once

#include <cstdint>
#include <span>

#include "core/top_k.h"
#include "index/rows.h"

namespace vitrine {

// Offers every allowed vector's score to each query's `found`, keyed by id. `queries` holds
// found.size() rows of rows.stride() floats. Readers' side of the gate held.
void scan(const Rows& rows, const float* queries, const Allow* allow, std::span<TopK> found);

// Upper bound of the ids allowed: bits set, whether there are vectors for them or not.
std::size_t count_allowed(const Allow& allow) noexcept;

// Best first into `ids` and `scores`, k of each; the places that are left get kNone and -infinity.
void write_results(TopK& found, std::uint32_t k, std::uint32_t* ids, float* scores);

}  // namespace vitrine
