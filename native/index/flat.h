// The exact index: every search looks at every vector's codes, and at the vectors that these cannot
// rule out. The oracle of the graph, and the better choice up to some ten thousand vectors.
#pragma once

#include "core/lender.h"
#include "core/slot_array.h"
#include "index/coder.h"
#include "index/index.h"
#include "index/longest.h"
#include "index/scan.h"

namespace vitrine {

// Slots are dense: where a vector is removed, the last one takes its slot.
class FlatIndex final : public Index {
 public:
  explicit FlatIndex(const IndexOptions& options);

 private:
  Status put_many(std::span<const std::uint32_t> ids, const float* vectors,
                  const Progress& progress) override;
  Status put(std::uint32_t id, const float* vector) override;
  void take(std::uint32_t id) override;
  void answer(const float* queries, std::size_t count, const SearchRequest& request) const override;
  void answer_each(const float* queries, std::size_t count, const SearchRequest& request) const override;

  void describe(FileHeader& header) const override;
  void write_more(FileWriter& file) const override;
  Status read_more(FileReader& file) override;
  std::size_t code_width() const noexcept override { return coder_.bytes(); }
  std::size_t more_bytes() const override { return groups_.bytes() + lengths_.bytes(); }

  Status make_room(std::uint32_t slot);
  void place(std::uint32_t slot, const std::uint8_t* codes);  // gate held
  void place_length(std::uint32_t slot);                      // gate held
  void move_last_to(std::uint32_t slot);                      // gate held

  void compare_matches(std::span<ScanQuery> pass, const Allow& allow) const;
  void sieve_all(std::span<ScanQuery> pass, Sift& sift, const Allow* allow) const;
  void sieve_each(std::span<ScanQuery> pass, Sift& sift, std::span<const Allow* const> allows) const;
  // `allow`: what may be anybody's. admits(q, slot): may it be query q's.
  template <class Admits>
  void sieve_groups(std::span<ScanQuery> pass, Sift& sift, const Allow* allow, Admits admits) const;
  // Which of the group's rows may be returned.
  std::uint16_t allowed(std::size_t group, const Allow* allow) const noexcept;

  const Coder coder_;

  // Changed with the gate held.
  SlotArray<std::uint8_t, 64> groups_;  // kGroup rows of codes, as a Sieve wants them
  SlotArray<float, 64> lengths_;        // of the group's rows
  Longest longest_;
  double row_error_ = 0;                // largest there has been

  std::vector<std::uint8_t> codes_;  // writer's own

  mutable Lender<ScanPass> passes_;
};

}  // namespace vitrine
