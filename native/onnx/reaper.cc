#include "onnx/reaper.h"

#include <sys/resource.h>

#include <system_error>
#include <utility>

namespace vitrine {
namespace {

constexpr int kNice = 15;               // as what tries models out
constexpr std::size_t kWaitingMax = 4;  // memory that nobody uses any more stays little

}  // namespace

// Made after the runtime's library is open, so it ends before what that library keeps does.
Reaper& Reaper::get() {
  static Reaper reaper;
  return reaper;
}

// The process ends, and takes what still waits with it.
Reaper::~Reaper() {
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
  }
  more_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Reaper::take(std::function<void()> work) {
  {
    const std::scoped_lock lock(mutex_);
    try {
      if (!ending_ && !thread_.joinable()) thread_ = std::thread([this] { run(); });
    } catch (const std::system_error&) {
      // No thread: the caller does it.
    }
    if (!ending_ && thread_.joinable() && waiting_.size() < kWaitingMax) {
      waiting_.push_back(std::exchange(work, nullptr));
    }
  }
  if (work) return work();
  more_.notify_one();
}

void Reaper::run() {
#ifdef __linux__
  static_cast<void>(setpriority(PRIO_PROCESS, 0, kNice));  // of this thread alone, there
#endif
  std::unique_lock lock(mutex_);
  for (;;) {
    more_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    if (ending_) return;
    const std::function<void()> work = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    work();
    lock.lock();
  }
}

}  // namespace vitrine
