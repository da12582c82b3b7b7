// Plain loops: the oracle of the other sets, and what runs where none of them does.
#include "distance/distance.h"

namespace vitrine::scalar {

bool supported() noexcept { return true; }

// Four sums: one chain of additions would wait out each one's latency, and its rounding error would
// grow with the whole width.
float l2sq(const float* a, const float* b, std::size_t dim) noexcept {
  float sum[4] = {0, 0, 0, 0};
  for (std::size_t i = 0; i < dim; i += 4) {
    for (std::size_t lane = 0; lane < 4; ++lane) {
      const float d = a[i + lane] - b[i + lane];
      sum[lane] += d * d;
    }
  }
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

float dot(const float* a, const float* b, std::size_t dim) noexcept {
  float sum[4] = {0, 0, 0, 0};
  for (std::size_t i = 0; i < dim; i += 4) {
    for (std::size_t lane = 0; lane < 4; ++lane) sum[lane] += a[i + lane] * b[i + lane];
  }
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

}  // namespace vitrine::scalar
