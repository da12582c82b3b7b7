// A lock for many readers and few writers that lets the writers in.
#pragma once

#include <mutex>
#include <shared_mutex>

namespace vitrine {

// std::shared_mutex prefers readers on Linux: with searches that overlap without end, a writer would
// never come in. Here a writer closes the turnstile, and readers that come after it wait until it
// has been. Use with std::shared_lock and std::unique_lock; not recursive.
class Gate {
 public:
  void lock() {
    turnstile_.lock();
    doors_.lock();
  }
  void unlock() {
    doors_.unlock();
    turnstile_.unlock();
  }
  void lock_shared() {
    const std::scoped_lock pass(turnstile_);
    doors_.lock_shared();
  }
  void unlock_shared() { doors_.unlock_shared(); }

 private:
  std::mutex turnstile_;
  std::shared_mutex doors_;
};

}  // namespace vitrine
