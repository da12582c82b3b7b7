#pragma once

#include <cstdint>
#include <random>

#include "clock.h"
#include "options.h"
#include "plan.h"

// When requests of an open loop are due, whatever the server does: by the plan where it has times,
// else by a law. Same seed, same schedule.
class Arrivals {
 public:
  Arrivals(const Options& options, const Plan& plan, std::int64_t start_ns)
      : plan_(plan), start_ns_(start_ns), poisson_(options.arrivals == ArrivalKind::poisson),
        gap_ns_(kNsPerS / options.rate),
        chance_(options.seed),
        due_ns_(static_cast<double>(start_ns)) {
    if (!plan_.due_s.empty()) due_ns_ = planned();
  }

  // The time at which the next request is due.
  std::int64_t due_ns() const noexcept { return static_cast<std::int64_t>(due_ns_); }

  void advance() {
    ++place_;
    if (!plan_.due_s.empty()) {
      due_ns_ = planned();
    } else {
      due_ns_ += poisson_ ? gap_ns_ * exponential_(chance_) : gap_ns_;
    }
  }

 private:
  double planned() const noexcept {
    if (place_ >= plan_.due_s.size()) return kNever;
    return static_cast<double>(start_ns_) + plan_.due_s[place_] * kNsPerS;
  }

  static constexpr double kNever = 9e18;  // ns

  const Plan& plan_;
  std::int64_t start_ns_;
  std::size_t place_ = 0;
  bool poisson_;
  double gap_ns_;
  std::mt19937_64 chance_;
  std::exponential_distribution<double> exponential_{1.0};
  double due_ns_;  // a fraction is kept, so that a rate is met to the last digit
};
