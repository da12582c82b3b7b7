// A vector index as a source: what is nearest to a vector of each query of a batch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/status.h"
#include "index/index.h"
#include "recommend/near_cache.h"

namespace vitrine {

struct RecommendQuery;

// One batch's vectors, and what was found. Memory that is used again.
class VectorFinds {
 public:
  void begin(std::size_t queries, std::size_t dim);

  // The vector of query q, to be filled: it is looked for.
  std::span<float> want(std::size_t q);
  void unwant(std::size_t q) { wanted_[q] = 0; }
  bool wanted(std::size_t q) const { return wanted_[q] != 0; }

  struct Nearest {
    std::span<const std::uint32_t> ids;  // best first; rows that may not be answered may be among them
    std::span<const float> scores;
  };
  Nearest of(std::size_t q) const;

 private:
  friend class VectorSource;

  // Searches that go to the index together.
  struct Batch {
    std::vector<std::size_t> queries;
    std::vector<float> vectors;
    std::vector<const Allow*> allows;
    std::vector<std::uint32_t> ids;
    std::vector<float> scores;
    std::uint32_t k = 0;

    void clear();
    void add(std::size_t q, std::span<const float> vector, const Allow* allow);
    Status search(const Index& index, std::uint32_t wanted);
    Nearest of(std::size_t place) const;
  };

  std::span<const float> vector(std::size_t q) const { return std::span(vectors_).subspan(q * dim_, dim_); }

  std::size_t dim_ = 0;
  std::vector<float> vectors_;           // by query
  std::vector<std::uint8_t> wanted_;     // by query
  std::vector<NearCache::List> lists_;   // by query; nullptr: see own_
  std::vector<std::uint32_t> own_;       // by query: its place in filtered_
  Batch all_;                            // of all rows, to be remembered
  Batch filtered_;                       // of one query's filter
};

class VectorSource {
 public:
  // Remembers the `kept` nearest of a vector, and finds `nearest`.
  VectorSource(std::shared_ptr<Index> index, std::uint32_t nearest, std::uint32_t kept)
      : index_(std::move(index)), nearest_(nearest), kept_(kept) {}

  const Index& index() const { return *index_; }

  // At least `room` rows of each wanted query that may be answered, or all there are. More than the usual
  // are looked for with each filter anew.
  Status find(std::span<const RecommendQuery> queries, std::uint32_t room, VectorFinds& finds) const;

  // A vector of the index was added, replaced or removed.
  void note_changed(std::uint32_t row) { cache_.note_changed(row); }

 private:
  // The list with what has changed by `version`; nullptr where too much has.
  NearCache::List brought_up(const NearCache::List& list, std::uint64_t version) const;
  float score_of(std::span<const float> query, std::span<const float> vector) const;

  const std::shared_ptr<Index> index_;
  const std::uint32_t nearest_;
  const std::uint32_t kept_;
  mutable NearCache cache_;
};

}  // namespace vitrine
