// What the sources of one answer have found so far.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "index/index.h"
#include "recommend/recommender.h"

namespace vitrine {

// What one source found of one query.
struct ShareList {
  std::vector<std::uint32_t> rows;
  std::vector<float> scores;
  std::vector<std::uint32_t> because;
  std::size_t count = 0;

  void reserve(std::size_t room) {
    if (rows.size() >= room) return;
    rows.resize(room);
    scores.resize(room);
    because.resize(room);
  }

  Found found(std::size_t room, bool with_because) {
    return {{rows.data(), room}, {scores.data(), room},
            with_because ? std::span<std::uint32_t>{because.data(), room} : std::span<std::uint32_t>{},
            false};
  }

  void push(std::uint32_t row, float score, std::uint32_t reason) {
    rows[count] = row;
    scores[count] = score;
    because[count++] = reason;
  }

  // Shares of a whole, so that sources of any scale can be added up.
  void normalise() {
    double sum = 0;
    for (std::size_t i = 0; i < count; ++i) sum += static_cast<double>(scores[i]);
    if (!(sum > 0)) return;
    for (std::size_t i = 0; i < count; ++i) {
      scores[i] = static_cast<float>(static_cast<double>(scores[i]) / sum);
    }
  }

  // Scores of any sign, best first.
  void softmax(double temperature) {
    const double best = count == 0 ? 0 : static_cast<double>(scores[0]);
    for (std::size_t i = 0; i < count; ++i) {
      scores[i] = static_cast<float>(std::exp((static_cast<double>(scores[i]) - best) / temperature));
    }
    normalise();
  }
};

// A vector index's results for those queries of a batch that have something to look for.
struct VectorFinds {
  std::vector<float> queries;
  std::vector<const Allow*> allows;
  std::vector<std::uint32_t> places;  // by query of the batch: its place here, or kNoRow
  std::vector<std::uint32_t> ids;
  std::vector<float> scores;
  std::uint32_t k = 0;
  std::size_t hidden_most = 0;

  void begin(std::size_t batch) {
    queries.clear();
    allows.clear();
    places.assign(batch, kNoRow);
    hidden_most = 0;
  }

  // Where the vector of query `q` of the batch goes.
  float* add(std::size_t q, const RecommendQuery& query, std::size_t dim) {
    places[q] = static_cast<std::uint32_t>(allows.size());
    allows.push_back(query.allow);
    hidden_most = std::max(hidden_most, query.hidden.size());
    queries.resize(allows.size() * dim);
    return queries.data() + (allows.size() - 1) * dim;
  }

  void drop_last(std::size_t q, std::size_t dim) {
    places[q] = kNoRow;
    allows.pop_back();
    queries.resize(allows.size() * dim);
  }

  // `nearest` of each that are not hidden.
  Status search(const Index& index, std::uint32_t nearest) {
    if (allows.empty()) return {};
    k = std::min<std::uint32_t>(nearest + static_cast<std::uint32_t>(hidden_most), kResultsMax);
    ids.resize(allows.size() * k);
    scores.resize(allows.size() * k);
    SearchRequest request{.queries = queries, .k = k, .ids = ids.data(), .scores = scores.data()};
    const bool alike = std::all_of(allows.begin(), allows.end(),
                                   [this](const Allow* allow) { return allow == allows[0]; });
    if (alike) request.allow = allows[0];
    else request.allow_each = allows;
    return index.search(request);
  }
};

}  // namespace vitrine
