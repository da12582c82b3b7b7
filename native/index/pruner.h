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

// A slot's vector to measure from: its codes as a query has them.
struct Viewpoint {
  void set(const Net& net, std::uint32_t slot);
  // For a walk towards it. Valid until it is set again.
  Probe probe(const Net& net, Near near) const noexcept;

  Aligned<std::int8_t> codes;
  std::int32_t bias = 0;
  float length = 0;
};

// One thread's.
class Pruner {
 public:
  // From whom it is far, and whose edges are chosen, until it is called again. `view` stays where it is.
  void look_from(const Net& net, const Viewpoint& view, Near near) noexcept {
    view_ = &view;
    near_ = near;
    scale_ = net.codes.coder().row_scale();
  }

  float far(const Net& net, std::uint32_t other);
  void far(const Net& net, std::span<const std::uint32_t> others, std::vector<Candidate>& into);

  // Into `kept`, at most `limit`: candidates that no kept one is nearer to. `sorted` by Nearer, without
  // the vector itself.
  void prune(const Net& net, std::span<const Candidate> sorted, std::size_t limit,
             std::vector<Candidate>& kept);

  // The same, and what room is left goes to the nearest.
  void prune_and_fill(const Net& net, std::span<const Candidate> sorted, std::size_t limit,
                      std::vector<Candidate>& kept);

  // Brings `added`, seen from whose vector is `view`, among `edges`, which are as many as there may be:
  // one gives way, of those that are `lost` if there are. False where `added` is not wanted; unless
  // `thorough`, one that is farther than all is not.
  bool replace(const Net& net, std::vector<std::uint32_t>& edges, std::vector<bool>& lost,
               const Candidate& added, const Viewpoint& view, bool thorough);

  // Whether `candidate` is better reached by way of one of `kept`.
  bool hides(const Net& net, std::span<const std::uint32_t> kept, const Candidate& candidate);

 private:
  // Of a candidate: nobody hides it; somebody does; somebody does, whatever the slack; it is kept.
  enum class Fate : std::uint8_t { open, hidden, gone, kept };  // in this order

  // A candidate by its number.
  struct Left {
    float far;
    std::uint32_t number;
  };

  // How far each of rows_ is from the slot whose codes are in `from`.
  float between(std::int32_t dot, std::int32_t bias, float a, float b) const noexcept;
  void hide_behind(const Net& net, std::span<const Candidate> sorted, std::uint32_t by);

  const Viewpoint* view_ = nullptr;
  Near near_ = Near::angle;
  float scale_ = 1;
  Viewpoint other_;
  std::vector<Candidate> ours_;
  std::vector<Candidate> chosen_;
  std::vector<const std::uint8_t*> rows_;
  std::vector<std::int32_t> dots_;
  std::vector<Fate> fates_;          // of the candidates
  std::vector<Left> left_;           // candidates that may still be kept, whose codes are rows_
};

}  // namespace vitrine
