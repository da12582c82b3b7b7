// What to show next, for a batch of visitors: the sources of `server/storefront/retrieval/sources`
// that are hot, and the blend of all. Each source names candidates with shares that sum to 1; an
// item's score is the sum of weight times share over the sources; the best k are the answer.
//
// The TypeScript sources and `blend.ts` are the same as plain loops, and the oracle of this.
//
// Any thread may call anything at any time, and several may search at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "core/lender.h"
#include "core/status.h"
#include "index/index.h"
#include "recommend/vector_source.h"
#include "session/session_index.h"

namespace vitrine {

// Sources that are searched here; candidates of others, numbered from kOwnSources on, are brought along.
enum OwnSource : std::uint8_t {
  kNeighbours, kRules, kAgain, kTaste, kSimilar, kPopular, kOwnSources
};

inline constexpr std::uint32_t kNoRow = UINT32_MAX;  // stands where no item is the reason
inline constexpr std::size_t kSourcesMax = 32;

struct RecommendSettings {
  NeighbourWeights neighbours;
  FollowWeights rules;
  double again_decay = 0.7;          // 0..1
  double taste_temperature = 1;      // above 0
  double similar_temperature = 0.1;  // above 0
};

// What a source that is not searched here has found: shares, best first, no row twice.
struct Brought {
  std::uint32_t source = kOwnSources;
  std::span<const std::uint32_t> rows;
  std::span<const float> shares;
  std::span<const std::uint32_t> because;
};

struct RecommendQuery {
  std::span<const std::uint32_t> items;   // rows, oldest first
  std::span<const std::uint32_t> hidden;  // rows that may not be answered, whatever `allow` says
  std::uint64_t session = kNoKey;         // may not vote
  const Allow* allow = nullptr;           // rows that may be answered; nullptr: all
  const float* taste = nullptr;           // of the taste index's dim, finite
  std::span<const double> weights;        // by source; what has 0, or is beyond the end, is left out
  std::span<const Brought> brought;
  std::uint32_t k = 0;
};

struct Recommended {
  std::uint32_t row;
  std::uint32_t because;  // or kNoRow
  float score;
  std::uint8_t source;    // that gave most of the score
};

// Candidates that each source may name, and rows that the vector sources look for.
struct RecommendRoom {
  std::uint32_t room = 200;
  std::uint32_t taste = 128;
  std::uint32_t similar = 32;
};

class Recommender {
 public:
  // `taste` (by inner product) and `similar` (by cosine) may be nullptr.
  Recommender(std::shared_ptr<SessionIndex> sessions, std::shared_ptr<Index> taste,
              std::shared_ptr<Index> similar, const RecommendSettings& settings);
  ~Recommender();

  std::size_t taste_dim() const { return taste_ ? taste_->index().options().dim : 0; }

  // Rows by popularity, most first, with their shares of all interest: for the searches that follow.
  void set_popular(std::vector<std::uint32_t> rows, std::vector<float> shares);

  // A vector of the index of kTaste or kSimilar was added, replaced or removed.
  void note_changed(OwnSource source, std::uint32_t row);

  // Answer q goes to out[ends[q - 1] .. ends[q]), best first, ties by lower row. Fewer than k where the
  // sources found fewer.
  Status search(std::span<const RecommendQuery> queries, const RecommendRoom& room,
                std::vector<Recommended>& out, std::span<std::uint32_t> ends) const;

 private:
  struct Popular {
    std::vector<std::uint32_t> rows;
    std::vector<float> shares;
  };
  struct Scratch;

  std::shared_ptr<const Popular> popular() const;

  const std::shared_ptr<SessionIndex> sessions_;
  const std::unique_ptr<VectorSource> taste_;
  const std::unique_ptr<VectorSource> similar_;
  const RecommendSettings settings_;

  mutable std::mutex popular_mutex_;
  std::shared_ptr<const Popular> popular_;  // never nullptr
  mutable Lender<Scratch> scratch_;
};

}  // namespace vitrine
