// Chooses a vector's edges from candidates: near ones, in different directions.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/aligned.h"
#include "index/net.h"

namespace vitrine {

// A slot, and how far it is from the vector whose edges are chosen: smaller is nearer. The unit is the
// rule's own.
struct Candidate {
  float far;
  std::uint32_t slot;
};

// Nearer first, ties by lower slot.
struct Nearer {
  bool operator()(const Candidate& a, const Candidate& b) const noexcept {
    return a.far < b.far || (a.far == b.far && a.slot < b.slot);
  }
};

// One thread's.
class Pruner {
 public:
  // The probe for a walk towards the slot's own vector. Valid until the next call.
  const Probe& towards(const Net& net, Near near, std::uint32_t slot);

  // Of the vector that `towards` was last called for.
  float far(const Net& net, std::uint32_t other);
  void far(const Net& net, std::span<const std::uint32_t> others, std::vector<Candidate>& into);

  // Into `kept`, at most `limit`: candidates that no kept one is nearer to. `sorted` by Nearer, without
  // the vector itself.
  void prune(const Net& net, Near near, std::span<const Candidate> sorted, std::size_t limit,
             std::vector<std::uint32_t>& kept);

  // Brings `added` among `edges` of the slot that `towards` was last called for, which are as many as there
  // may be: one gives way. False where `added` is not wanted.
  bool replace(const Net& net, Near near, std::vector<std::uint32_t>& edges, const Candidate& added);

  // Whether `candidate`, so far away from us, is better reached by way of one of `kept`.
  bool hides(const Net& net, Near near, std::span<const std::uint32_t> kept, const Candidate& candidate);

 private:
  // How far each of rows_ is from the slot whose codes are in `from`.
  float between(Near near, std::int32_t dot, std::int32_t bias, float a, float b) const noexcept;
  bool hidden(const Net& net, Near near, float slack, const Candidate& candidate,
              std::uint32_t& checked, std::span<const std::uint32_t> kept);

  Aligned<std::int8_t> self_, other_;  // codes as a query has them
  Probe probe_;
  float self_length_ = 0;
  float scale_ = 1;
  std::vector<Candidate> ours_;
  std::vector<const std::uint8_t*> rows_;
  std::vector<std::int32_t> dots_;
  std::vector<std::uint32_t> checked_;  // for each candidate: kept ones that do not hide it
};

}  // namespace vitrine
