#pragma once

#include <cstdint>
#include <random>

#include "clock.h"
#include "options.h"

// When requests of an open loop are due, whatever the server does. Same seed, same schedule.
class Arrivals {
 public:
  Arrivals(const Options& options, std::int64_t start_ns)
      : poisson_(options.arrivals == ArrivalKind::poisson),
        gap_ns_(kNsPerS / options.rate),
        chance_(options.seed),
        due_ns_(static_cast<double>(start_ns)) {}

  // The time at which the next request is due.
  std::int64_t due_ns() const noexcept { return static_cast<std::int64_t>(due_ns_); }

  void advance() { due_ns_ += poisson_ ? gap_ns_ * exponential_(chance_) : gap_ns_; }

 private:
  bool poisson_;
  double gap_ns_;
  std::mt19937_64 chance_;
  std::exponential_distribution<double> exponential_{1.0};
  double due_ns_;  // a fraction is kept, so that a rate is met to the last digit
};
