// Sequential rules (Kamehkhosh, Jannach & Ludewig 2017): for each item, which items came soon
// after it in the same session, and how strongly. A pair at distance d adds 1/d. With an age decay,
// what is `ageDecay` sessions older weighs e times less (forward decay, Cormode et al. 2009: newer
// weights grow, so that nothing stored has to change as time goes by).
//
// Not thread-safe: `SessionIndex` guards it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "session/image.h"

namespace vitrine {

struct Follower {
  std::uint32_t item;
  float weight;  // decayed sum of 1/distance, at least 0
};

class RuleTable {
 public:
  struct Options {
    std::uint32_t window = 10;              // longest distance that counts
    std::uint32_t rules_per_item_max = 500; // strongest followers that are kept
    double age_decay = 0;                   // sessions; 0 is none
  };

  explicit RuleTable(const Options& options) : options_(options) {}

  // `item` came after `earlier` (a session's items so far, oldest first) in the session that is
  // `time` in the order of all.
  void learn(std::span<const std::uint32_t> earlier, std::uint32_t item, std::uint32_t time);

  // Takes back what `learn` added for each item of a session.
  void unlearn(std::span<const std::uint32_t> items, std::uint32_t time);

  // Followers of an item, in no order; empty for one never seen. Up to twice the bound.
  std::span<const Follower> followers(std::uint32_t item) const {
    return item < lists_.size() ? lists_[item].followers : std::span<const Follower>{};
  }

  // Sum of the weights of all that followed the item, kept or not; scales `followers` to shares.
  double total(std::uint32_t item) const { return item < lists_.size() ? lists_[item].total : 0; }

  std::size_t bytes() const;

  void save(ImageWriter& image) const;
  // Of an empty table. False where the image is none of a table for `item_end` items.
  bool restore(ImageReader& image, std::size_t item_end);

 private:
  struct List {
    std::vector<Follower> followers;
    double total = 0;
  };

  double weight_at(std::uint32_t time);
  void add(std::uint32_t from, std::uint32_t to, double weight);
  void rescale(double factor);

  Options options_;
  std::vector<List> lists_;  // by item
  double landmark_ = 0;      // the time at which a new pair weighs 1
};

}  // namespace vitrine
