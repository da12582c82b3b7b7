// The exact index: every search looks at every vector. The oracle of the graph, and the better choice
// up to some thousand vectors.
#pragma once

#include "index/index.h"

namespace vitrine {

// Slots are dense: where a vector is removed, the last one takes its slot.
class FlatIndex final : public Index {
 public:
  explicit FlatIndex(const IndexOptions& options) : Index(options) {}

 private:
  Status put(std::uint32_t id, const float* vector) override;
  void take(std::uint32_t id) override;
  void answer(const float* queries, std::size_t count, const SearchRequest& request) const override {
    scan_queries(queries, count, request);
  }

  void describe(FileHeader&) const override {}
  void write_more(FileWriter&) const override {}
  Status read_more(FileReader& file) override;
  std::size_t more_bytes() const override { return 0; }
};

}  // namespace vitrine
