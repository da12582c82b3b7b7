#include "recommend/recommender.h"

#include <algorithm>
#include <cmath>

#include "recommend/blend_board.h"
#include "recommend/finds.h"

namespace vitrine {
struct Recommender::Scratch {
  ShareList found;
  BlendBoard board;
  VectorFinds taste;
  VectorFinds similar;
  std::vector<std::uint8_t> hidden;  // by row, 1: may not be answered; all 0 between answers
};

namespace {

// One query of a batch whose vectors have been searched for.
class Answer {
 public:
  Answer(const RecommendQuery& query, const RecommendRoom& room, const RecommendSettings& settings,
         ShareList& found, BlendBoard& board, std::span<const std::uint8_t> hidden)
      : query_(query), room_(room), settings_(settings), found_(found), board_(board),
        allowed_{words_of(query.allow), hidden} {}

  bool wants(std::uint32_t source) const {
    return source < query_.weights.size() && query_.weights[source] > 0;
  }

  void neighbours(const SessionIndex& sessions) {
    if (!wants(kNeighbours)) return;
    found_.count = sessions.search(query_.items, settings_.neighbours, allowed_, query_.session,
                                   found_.found(room_.room, false));
    std::fill_n(found_.because.begin(), found_.count, kNoRow);
    found_.normalise();
    add(kNeighbours);
  }

  void rules(const SessionIndex& sessions) {
    if (!wants(kRules)) return;
    found_.count = sessions.follow(query_.items, settings_.rules, allowed_, found_.found(room_.room, true));
    found_.normalise();
    add(kRules);
  }

  // The session's own items, the latest first.
  void again() {
    if (!wants(kAgain)) return;
    found_.count = 0;
    double weight = 1;
    for (std::size_t at = query_.items.size(); at-- > 0; weight *= settings_.again_decay) {
      const std::uint32_t row = query_.items[at];
      if (!allowed_.has(row)) continue;
      const auto end = found_.rows.begin() + static_cast<std::ptrdiff_t>(found_.count);
      const auto same = std::find(found_.rows.begin(), end, row);
      if (same != end) {
        found_.scores[static_cast<std::size_t>(same - found_.rows.begin())] += static_cast<float>(weight);
      } else if (found_.count < room_.room && static_cast<float>(weight) > 0) {
        found_.push(row, static_cast<float>(weight), kNoRow);
      }
    }
    found_.normalise();
    add(kAgain);
  }

  void nearby(OwnSource source, const VectorFinds& finds, std::size_t q, std::uint32_t nearest) {
    if (!wants(source) || !finds.wanted(q)) return;
    found_.count = 0;
    const bool similar = source == kSimilar;
    const std::uint32_t own = similar ? query_.items.back() : kNoRow;
    const VectorFinds::Nearest found = finds.of(q);
    std::uint32_t seen = 0;  // of the nearest, itself among them
    for (std::size_t i = 0; i < found.ids.size() && seen < nearest; ++i) {
      const std::uint32_t row = found.ids[i];
      if (row > kItemMax || !allowed_.has(row)) continue;
      ++seen;
      if (row != own) found_.push(row, found.scores[i], own);
    }
    found_.softmax(similar ? settings_.similar_temperature : settings_.taste_temperature);
    add(source);
  }

  void popular(std::span<const std::uint32_t> rows, std::span<const float> shares) {
    if (!wants(kPopular)) return;
    found_.count = 0;
    for (std::size_t i = 0; i < rows.size() && found_.count < room_.room && shares[i] > 0; ++i) {
      if (allowed_.has(rows[i])) found_.push(rows[i], shares[i], kNoRow);
    }
    found_.normalise();
    add(kPopular);
  }

  void brought() {
    for (const Brought& other : query_.brought) {
      if (!wants(other.source)) continue;
      const double weight = query_.weights[other.source];
      for (std::size_t i = 0; i < other.rows.size(); ++i) {
        const double part = weight * static_cast<double>(other.shares[i]);
        if (part > 0 && allowed_.has(other.rows[i])) {
          board_.add(other.rows[i], part, static_cast<std::uint8_t>(other.source), other.because[i]);
        }
      }
    }
  }

 private:
  static std::span<const std::uint32_t> words_of(const Allow* allow) {
    // An empty bitmap allows nothing, whereas no bitmap allows everything.
    static constexpr std::uint32_t kNothing[1] = {0};
    if (allow == nullptr) return {};
    return allow->words.empty() ? std::span<const std::uint32_t>(kNothing) : allow->words;
  }

  void add(OwnSource source) {
    const double weight = query_.weights[source];
    for (std::size_t i = 0; i < found_.count; ++i) {
      const double part = weight * static_cast<double>(found_.scores[i]);
      if (part > 0) board_.add(found_.rows[i], part, source, found_.because[i]);
    }
  }

  const RecommendQuery& query_;
  const RecommendRoom& room_;
  const RecommendSettings& settings_;
  ShareList& found_;
  BlendBoard& board_;
  const AllowedItems allowed_;
};

// What an answer of usual size looks for, and what is remembered, so that most filters leave so much of it.
constexpr std::uint32_t kTasteNearest = 128;
constexpr std::uint32_t kTasteKept = 384;
constexpr std::uint32_t kSimilarNearest = 32;
constexpr std::uint32_t kSimilarKept = 128;

bool any_wants(std::span<const RecommendQuery> queries, OwnSource source) {
  return std::any_of(queries.begin(), queries.end(), [source](const RecommendQuery& query) {
    return source < query.weights.size() && query.weights[source] > 0;
  });
}

}  // namespace

Recommender::Recommender(std::shared_ptr<SessionIndex> sessions, std::shared_ptr<Index> taste,
                         std::shared_ptr<Index> similar, const RecommendSettings& settings)
    : sessions_(std::move(sessions)),
      taste_(taste ? std::make_unique<VectorSource>(std::move(taste), kTasteNearest, kTasteKept) : nullptr),
      similar_(similar ? std::make_unique<VectorSource>(std::move(similar), kSimilarNearest, kSimilarKept)
                       : nullptr),
      settings_(settings), popular_(std::make_shared<const Popular>()) {}

Recommender::~Recommender() = default;

void Recommender::set_popular(std::vector<std::uint32_t> rows, std::vector<float> shares) {
  auto next = std::make_shared<const Popular>(Popular{std::move(rows), std::move(shares)});
  const std::scoped_lock lock(popular_mutex_);
  popular_.swap(next);
}

void Recommender::note_changed(OwnSource source, std::uint32_t row) {
  const std::unique_ptr<VectorSource>& vectors = source == kTaste ? taste_ : similar_;
  if (vectors) vectors->note_changed(row);
}

std::shared_ptr<const Recommender::Popular> Recommender::popular() const {
  const std::scoped_lock lock(popular_mutex_);
  return popular_;
}

Status Recommender::search(std::span<const RecommendQuery> queries, const RecommendRoom& room,
                           std::vector<Recommended>& out, std::span<std::uint32_t> ends) const {
  const auto loan = scratch_.borrow();
  Scratch& scratch = *loan;
  if (taste_ && any_wants(queries, kTaste)) {
    scratch.taste.begin(queries.size(), taste_dim());
    for (std::size_t q = 0; q < queries.size(); ++q) {
      if (queries[q].taste != nullptr) std::copy_n(queries[q].taste, taste_dim(), scratch.taste.want(q).begin());
    }
    if (Status status = taste_->find(queries, room.taste, scratch.taste); !status.ok()) {
      return status;
    }
  } else {
    scratch.taste.begin(queries.size(), 0);
  }
  if (similar_ && any_wants(queries, kSimilar)) {
    scratch.similar.begin(queries.size(), similar_->index().options().dim);
    for (std::size_t q = 0; q < queries.size(); ++q) {
      if (queries[q].items.empty()) continue;
      const std::span<float> vector = scratch.similar.want(q);
      if (!similar_->index().get(queries[q].items.back(), vector.data())) scratch.similar.unwant(q);
    }
    if (Status status = similar_->find(queries, room.similar, scratch.similar); !status.ok()) {
      return status;
    }
  } else {
    scratch.similar.begin(queries.size(), 0);
  }
  const std::shared_ptr<const Popular> popular = this->popular();
  scratch.found.reserve(std::max({room.room, room.taste, room.similar}));
  out.clear();
  for (std::size_t q = 0; q < queries.size(); ++q) {
    const RecommendQuery& query = queries[q];
    for (const std::uint32_t row : query.hidden) {
      if (row >= scratch.hidden.size()) scratch.hidden.resize(row + std::size_t{1}, 0);
      scratch.hidden[row] = 1;
    }
    Answer answer(query, room, settings_, scratch.found, scratch.board,
                  query.hidden.empty() ? std::span<const std::uint8_t>{} : scratch.hidden);
    answer.neighbours(*sessions_);
    answer.rules(*sessions_);
    answer.again();
    answer.nearby(kTaste, scratch.taste, q, room.taste);
    answer.nearby(kSimilar, scratch.similar, q, room.similar);
    answer.popular(popular->rows, popular->shares);
    answer.brought();
    scratch.board.finish(query.k, out);
    ends[q] = static_cast<std::uint32_t>(out.size());
    for (const std::uint32_t row : query.hidden) scratch.hidden[row] = 0;
  }
  return {};
}

}  // namespace vitrine
