// Objects of this process that several threads share, found again by a token.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace vitrine {

// Any thread may call any method. An object lives as long as somebody holds a pointer to it;
// `erase` only ends its being found. Tokens count up from 1 and are never given out twice.
template <class T>
class Registry {
 public:
  std::uint64_t add(std::shared_ptr<T> object) {
    const std::scoped_lock lock(mutex_);
    const std::uint64_t token = ++last_token_;
    objects_.emplace(token, std::move(object));
    return token;
  }

  // The object, or nullptr when the token was never given out or has been erased.
  std::shared_ptr<T> find(std::uint64_t token) const {
    const std::scoped_lock lock(mutex_);
    const auto found = objects_.find(token);
    return found == objects_.end() ? nullptr : found->second;
  }

  void erase(std::uint64_t token) {
    std::shared_ptr<T> last;  // freed after the lock: a large object takes its time
    const std::scoped_lock lock(mutex_);
    const auto found = objects_.find(token);
    if (found == objects_.end()) return;
    last = std::move(found->second);
    objects_.erase(found);
  }

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::uint64_t, std::shared_ptr<T>> objects_;
  std::uint64_t last_token_ = 0;
};

}  // namespace vitrine
