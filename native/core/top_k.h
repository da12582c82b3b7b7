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

// Keeps the `limit` best hits it is offered. A heap with the worst on top; no score is NaN.
class TopK {
 public:
  void reset(std::size_t limit) {
    limit_ = limit;
    hits_.clear();
    // Not `limit` at once: it may be far more than there will be hits.
    hits_.reserve(std::min<std::size_t>(limit, 1024));
  }

  bool full() const noexcept { return hits_.size() == limit_; }
  std::size_t size() const noexcept { return hits_.size(); }

  // A score below this is not kept.
  float floor() const noexcept {
    return full() ? hits_.front().score : -std::numeric_limits<float>::infinity();
  }

  void offer(Hit hit) {
    if (full()) {
      if (!Better{}(hit, hits_.front())) return;
      std::pop_heap(hits_.begin(), hits_.end(), Better{});
      hits_.back() = hit;
    } else {
      hits_.push_back(hit);
    }
    std::push_heap(hits_.begin(), hits_.end(), Better{});
  }

  // Best first. Ends the heap: call `reset` before the next `offer`.
  std::span<Hit> sorted() {
    std::sort_heap(hits_.begin(), hits_.end(), Better{});
    return hits_;
  }

 private:
  std::size_t limit_ = 0;
  std::vector<Hit> hits_;
};

}  // namespace vitrine
