// How good a vector's score can be, from its codes: so that a scan compares floats only where it must,
// and is exact all the same.
#pragma once

#include <cmath>
#include <limits>

#include "distance/distance.h"
#include "index/coder.h"
#include "index/options.h"

namespace vitrine {

// One query's.
class Bound {
 public:
  Bound() = default;

  // Of rows whose codes are at most `row_error` off. `query` is as the caller gave it.
  Bound(Metric metric, const CodedQuery& query, double row_error) noexcept : metric_(metric) {
    // |cos - (dot - bias) * scale| is at most the query's error, and the row's times the length of the
    // coded query. Floats round: by less than the last term, at any width.
    const double off = query.error + row_error * (1 + query.error) + kRounding;
    terms_.slack = static_cast<float>(off / query.scale - query.bias);
    terms_.gain = 0;
    length_ = query.length;
    // Score as a function of cos: see `raise`.
    switch (metric) {
      case Metric::cosine: unit_ = query.scale; break;
      case Metric::ip: unit_ = query.scale * length_; break;
      case Metric::l2:
        unit_ = 2 * query.scale * length_;
        // A little less than is due: the square of a length is rounded as well.
        terms_.gain = static_cast<float>((1 - kRounding) / unit_);
        break;
    }
    // Lengths out of all proportion: floats would not do.
    blind_ = !(unit_ > 1e-15 && unit_ < 1e15);
    if (blind_) terms_.gain = 0;
    raise(-std::numeric_limits<float>::infinity());
  }

  // From now on only rows that may reach `score` pass.
  void raise(float score) noexcept {
    // cosine: (dot + slack) * unit >= score; ip: the same times the row's length n; l2:
    // 2 |q| n cos - n^2 >= score + |q|^2, where score is minus the squared distance.
    const double wanted = metric_ == Metric::l2 ? score + length_ * length_ : double{score};
    const double floor = wanted / unit_;
    terms_.floor = blind_ ? -std::numeric_limits<float>::infinity()
                          : static_cast<float>(floor - std::abs(floor) * kRounding);
    if (std::isnan(terms_.floor)) terms_.floor = -std::numeric_limits<float>::infinity();
  }

  // This query's place in `sieves`.
  void tell(Sieves& sieves, std::size_t q) const noexcept {
    sieves.slack[q] = terms_.slack;
    sieves.gain[q] = terms_.gain;
    sieves.floor[q] = terms_.floor;
  }

  // No shorter row can reach the score, whatever its direction. 0 where that says nothing: a product is
  // at most that of the lengths, but the other metrics know better.
  float least_length() const noexcept {
    if (metric_ != Metric::ip || blind_) return 0;
    const double length = unit_ * double{terms_.floor} / (length_ * (1 + kRounding));
    return length > 0 ? static_cast<float>(length) : 0;
  }

  // What a kernel's sieve says of one row.
  bool passes(std::int32_t dot, float length) const noexcept {
    const float bound = (static_cast<float>(dot) + terms_.slack) * length - length * length * terms_.gain;
    return bound >= terms_.floor || blind_;
  }

 private:
  static constexpr double kRounding = 1e-5;

  struct Terms {
    float slack, gain, floor;
  };

  Metric metric_ = Metric::ip;
  Terms terms_ = {};
  double length_ = 0;
  double unit_ = 1;
  bool blind_ = false;
};

}  // namespace vitrine
