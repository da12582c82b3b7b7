// The best few of many scores.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace vitrine {

// A score and what it belongs to: an id or a slot.
struct Hit {
  float score;
  std::uint32_t key;
};

// Higher scores first; equal scores by lower key, so that every order has one answer.
struct Better {
  bool operator()(const Hit& a, const Hit& b) const noexcept {
    return a.score > b.score || (a.score == b.score && a.key < b.key);
  }
};

// Keeps the `limit` best hits it is offered; no score is NaN. Few in a heap with the worst on top. Many as
// they come, half as many again, and then the best of these: a heap of hundreds costs each hit dozens of
// steps that no processor can guess.
class TopK {
 public:
  void reset(std::size_t limit) {
    limit_ = limit;
    many_ = limit >= kMany;
    floor_ = -std::numeric_limits<float>::infinity();
    hits_.clear();
    // Not `limit` at once: it may be far more than there will be hits.
    hits_.reserve(std::min<std::size_t>(limit, 1024));
  }

  // A score below this is not kept.
  float floor() const noexcept { return floor_; }

  // True where `floor` may have risen.
  bool offer(Hit hit) {
    if (hit.score < floor_) return false;
    if (many_) {
      hits_.push_back(hit);
      if (hits_.size() < limit_ + limit_ / 2) return false;
      keep_best();
      return true;
    }
    if (hits_.size() == limit_) {
      if (limit_ == 0 || !Better{}(hit, hits_.front())) return false;
      std::pop_heap(hits_.begin(), hits_.end(), Better{});
      hits_.back() = hit;
    } else {
      hits_.push_back(hit);
    }
    std::push_heap(hits_.begin(), hits_.end(), Better{});
    if (hits_.size() < limit_) return false;
    floor_ = hits_.front().score;
    return true;
  }

  // Makes `floor` as high as it can be. To be called now and then, not after each hit.
  void settle() {
    if (many_ && hits_.size() >= limit_) keep_best();
  }

  // Best first. Ends it: call `reset` before the next `offer`.
  std::span<Hit> sorted() {
    if (hits_.size() > limit_) keep_best();  // of many
    std::sort(hits_.begin(), hits_.end(), Better{});
    return hits_;
  }

 private:
  static constexpr std::size_t kMany = 64;

  void keep_best() {
    const auto last = hits_.begin() + static_cast<std::ptrdiff_t>(limit_ - 1);
    std::nth_element(hits_.begin(), last, hits_.end(), Better{});
    floor_ = last->score;
    hits_.resize(limit_);
  }

  std::size_t limit_ = 0;
  bool many_ = false;
  float floor_ = -std::numeric_limits<float>::infinity();
  std::vector<Hit> hits_;
};

}  // namespace vitrine
