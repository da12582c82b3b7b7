// Work in pieces, on several threads, with a result that does not depend on who did which piece.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <thread>
#include <vector>

namespace vitrine {

// Calls work(worker, first, end) for pieces of 0..count-1 of at most `grain`, on `threads` threads of which
// the calling one is worker 0. After each of its own pieces worker 0 calls report(pieces begun, of all).
// Returns when all is done. `work` does not throw.
template <class Work, class Report>
void parallel(std::size_t threads, std::size_t count, std::size_t grain, Work work, Report report) {
  std::atomic<std::size_t> next = 0;
  const std::size_t pieces = (count + grain - 1) / grain;
  const auto run = [&](std::size_t worker) {
    for (std::size_t piece = next++; piece < pieces; piece = next++) {
      const std::size_t first = piece * grain;
      work(worker, first, count - first < grain ? count : first + grain);
      if (worker == 0) report(piece + 1, pieces);
    }
  };
  std::vector<std::thread> others;
  for (std::size_t worker = 1; worker < threads && worker < pieces; ++worker) {
    others.emplace_back(run, worker);
  }
  run(0);
  for (std::thread& other : others) other.join();
}

}  // namespace vitrine
