#include "session/rule_table.h"

#include <algorithm>
#include <cmath>

namespace vitrine {
namespace {

// Newer weights may grow to e^40 before all are scaled down: far from where a float overflows.
constexpr double kExponentMax = 40;
// Relative to a list's total: what is smaller was rounding.
constexpr double kNothing = 1e-7;

}  // namespace

void RuleTable::learn(std::span<const std::uint32_t> earlier, std::uint32_t item,
                      std::uint32_t time) {
  const std::size_t reach = std::min<std::size_t>(options_.window, earlier.size());
  if (reach == 0) return;
  const double weight = weight_at(time);
  for (std::size_t distance = 1; distance <= reach; ++distance) {
    add(earlier[earlier.size() - distance], item, weight / static_cast<double>(distance));
  }
}

void RuleTable::unlearn(std::span<const std::uint32_t> items, std::uint32_t time) {
  const double weight = weight_at(time);
  for (std::size_t at = 1; at < items.size(); ++at) {
    const std::size_t reach = std::min<std::size_t>(options_.window, at);
    for (std::size_t distance = 1; distance <= reach; ++distance) {
      const std::uint32_t from = items[at - distance];
      if (from < lists_.size()) add(from, items[at], -weight / static_cast<double>(distance));
    }
  }
}

double RuleTable::weight_at(std::uint32_t time) {
  if (options_.age_decay <= 0) return 1;
  double exponent = (time - landmark_) / options_.age_decay;
  if (exponent > kExponentMax) {
    rescale(std::exp(-exponent));
    landmark_ = time;
    exponent = 0;
  }
  return std::exp(exponent);
}

void RuleTable::add(std::uint32_t from, std::uint32_t to, double weight) {
  if (from >= lists_.size()) lists_.resize(from + std::size_t{1});
  List& list = lists_[from];
  list.total = std::max(0.0, list.total + weight);
  const auto same = std::find_if(list.followers.begin(), list.followers.end(),
                                 [to](const Follower& f) { return f.item == to; });
  if (same != list.followers.end()) {
    same->weight += static_cast<float>(weight);
    if (same->weight <= kNothing * list.total) {
      *same = list.followers.back();
      list.followers.pop_back();
    }
    return;
  }
  if (weight <= 0) return;
  // The list may grow to twice its bound before it is cut: one cut then pays for many additions.
  const std::size_t keep = options_.rules_per_item_max;
  if (list.followers.size() >= 2 * keep) {
    const auto end = list.followers.begin() + static_cast<std::ptrdiff_t>(keep);
    std::nth_element(list.followers.begin(), end, list.followers.end(),
                     [](const Follower& a, const Follower& b) {
                       return a.weight != b.weight ? a.weight > b.weight : a.item < b.item;
                     });
    list.followers.erase(end, list.followers.end());
  }
  list.followers.push_back({to, static_cast<float>(weight)});
}

void RuleTable::rescale(double factor) {
  for (List& list : lists_) {
    list.total *= factor;
    for (Follower& f : list.followers) f.weight = static_cast<float>(f.weight * factor);
  }
}

std::size_t RuleTable::bytes() const {
  std::size_t sum = lists_.capacity() * sizeof(List);
  for (const List& list : lists_) sum += list.followers.capacity() * sizeof(Follower);
  return sum;
}

void RuleTable::save(ImageWriter& image) const {
  std::vector<double> totals;
  std::vector<std::uint32_t> counts;
  std::vector<Follower> followers;
  for (const List& list : lists_) {
    totals.push_back(list.total);
    counts.push_back(static_cast<std::uint32_t>(list.followers.size()));
    followers.insert(followers.end(), list.followers.begin(), list.followers.end());
  }
  image.put_one(landmark_);
  image.put(totals);
  image.put(counts);
  image.put(followers);
}

bool RuleTable::restore(ImageReader& image, std::size_t item_end) {
  std::vector<double> totals;
  std::vector<std::uint32_t> counts;
  std::vector<Follower> followers;
  if (!image.get_one(landmark_) || !image.get(totals) || !image.get(counts) || !image.get(followers) ||
      totals.size() != counts.size() || totals.size() > item_end) {
    return false;
  }
  for (const Follower& follower : followers) {
    if (follower.item >= item_end) return false;
  }
  lists_.resize(totals.size());
  std::size_t at = 0;
  for (std::size_t item = 0; item < lists_.size(); ++item) {
    if (counts[item] > followers.size() - at) return false;
    const auto first = followers.begin() + static_cast<std::ptrdiff_t>(at);
    lists_[item].total = totals[item];
    lists_[item].followers.assign(first, first + counts[item]);
    at += counts[item];
  }
  return at == followers.size();
}

}  // namespace vitrine
