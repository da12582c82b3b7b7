// Frees models where it stops nobody: what a session holds takes up to milliseconds to give back,
// and the last to let go of it is often the thread that serves.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace vitrine {

// One thread that gives way to all others, started by the first work it gets. Any thread may call.
class Reaper {
 public:
  static Reaper& get();
  ~Reaper();
  Reaper(const Reaper&) = delete;
  Reaper& operator=(const Reaper&) = delete;

  // Runs `work` later; at once, and here, where too much waits already or no thread starts.
  void take(std::function<void()> work);

 private:
  Reaper() = default;
  void run();

  std::mutex mutex_;
  std::condition_variable more_;
  std::deque<std::function<void()>> waiting_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace vitrine
