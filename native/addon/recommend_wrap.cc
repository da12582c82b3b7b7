#include "addon/recommend_wrap.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "addon/args.h"
#include "addon/index_wrap.h"
#include "addon/session_wrap.h"

namespace vitrine {
namespace {

constexpr std::uint32_t kQueriesMax = 1024;
constexpr std::uint32_t kRoomMax = 4096;

// Rows are items of the session index: numbers that dense arrays are made for.
std::vector<std::uint32_t> rows_of(const Napi::Object& batch, const char* name) {
  const std::span<const std::uint32_t> rows = args::uint32s(batch.Get(name), name);
  for (const std::uint32_t row : rows) {
    if (row > kItemMax) args::refuse(batch.Env(), std::string(name) + " must hold rows up to 2^24-1");
  }
  return {rows.begin(), rows.end()};
}

// Part i is ends[i - 1] .. ends[i) of `size`.
std::vector<std::uint32_t> ends_of(const Napi::Object& batch, const char* name, std::size_t count,
                                   std::size_t size) {
  const std::span<const std::uint32_t> ends = args::uint32s(batch.Get(name), name);
  const bool whole = ends.size() == count && (count == 0 || ends.back() == size);
  if (!whole || !std::is_sorted(ends.begin(), ends.end())) {
    args::refuse(batch.Env(), std::string(name) + " must hold " + std::to_string(count) +
                                  " ends, in order, the last of them " + std::to_string(size));
  }
  return {ends.begin(), ends.end()};
}

template <class T>
std::span<const T> part(const std::vector<T>& whole, std::span<const std::uint32_t> ends, std::size_t i) {
  const std::size_t from = i == 0 ? 0 : ends[i - 1];
  return std::span<const T>(whole).subspan(from, ends[i] - from);
}

class RecommendTask final : public Napi::AsyncWorker {
 public:
  RecommendTask(Napi::Env env, std::shared_ptr<const Recommender> recommender,
                std::unique_ptr<RecommendBatch> batch, const Napi::Object& into)
      : AsyncWorker(env, "Recommender.searchAsync"), done_(Napi::Promise::Deferred::New(env)),
        into_(Napi::Persistent(into)), recommender_(std::move(recommender)), batch_(std::move(batch)) {}

  Napi::Promise promise() const { return done_.Promise(); }

 private:
  void Execute() override { status_ = batch_->run(*recommender_); }

  void OnOK() override {
    try {
      args::throw_unless_ok(Env(), status_);
      batch_->tell(into_.Value());
      done_.Resolve(Env().Undefined());
    } catch (const Napi::Error& error) {
      done_.Reject(error.Value());
    }
  }

  // Something was thrown on the other thread: there was no memory.
  void OnError(const Napi::Error& error) override {
    done_.Reject(args::error_of(Env(), Code::internal, error.Message()).Value());
  }

  Napi::Promise::Deferred done_;
  Napi::ObjectReference into_;
  const std::shared_ptr<const Recommender> recommender_;
  const std::unique_ptr<RecommendBatch> batch_;
  Status status_;
};

}  // namespace

RecommendBatch::RecommendBatch(const Napi::Object& batch, std::size_t taste_dim) {
  const Napi::Env env = batch.Env();
  const std::span<const std::uint32_t> ks = args::uint32s(batch.Get("ks"), "ks");
  const std::size_t count = ks.size();
  if (count == 0 || count > kQueriesMax) args::refuse(env, "ks must hold 1..1024 numbers");
  items_ = rows_of(batch, "items");
  hidden_ = rows_of(batch, "hidden");
  const auto item_ends = ends_of(batch, "itemEnds", count, items_.size());
  const auto hidden_ends = ends_of(batch, "hiddenEnds", count, hidden_.size());
  const std::span<const double> sessions = args::doubles(batch.Get("sessions"), "sessions");
  const std::span<const double> weights = args::doubles(batch.Get("weights"), "weights");
  const std::span<const float> tastes = args::floats(batch.Get("tastes"), "tastes");
  const std::span<const std::uint32_t> taste_at = args::uint32s(batch.Get("tasteAt"), "tasteAt");
  const std::size_t sources = weights.size() / count;
  if (sessions.size() != count) args::refuse(env, "sessions must be as long as ks");
  if (weights.size() != sources * count || sources > kSourcesMax) {
    args::refuse(env, "weights must hold as many numbers for each query, at most 32");
  }
  for (const double weight : weights) {
    if (!(weight >= 0 && weight <= 1e12)) args::refuse(env, "weights must be numbers in 0..1e12");
  }
  if (taste_at.size() != count) args::refuse(env, "tasteAt must be as long as ks");
  const Napi::Value allow = batch.Get("allow");
  if (!allow.IsArray() || allow.As<Napi::Array>().Length() != count) {
    args::refuse_value(allow, "allow", "a list with an entry for each query");
  }
  room_.room = args::integer(batch.Get("room"), "room", 1, kRoomMax);
  room_.taste = args::integer(batch.Get("tasteRoom"), "tasteRoom", 1, kRoomMax);
  room_.similar = args::integer(batch.Get("similarRoom"), "similarRoom", 1, kRoomMax);
  weights_.assign(weights.begin(), weights.end());
  tastes_.assign(tastes.begin(), tastes.end());
  allow_args_.reserve(count);
  allow_copies_.resize(count);
  const auto list = allow.As<Napi::Array>();
  for (std::uint32_t q = 0; q < count; ++q) {
    allow_args_.emplace_back(list.Get(q), "an entry of allow");
    AllowArg& arg = allow_args_.back();
    if (!arg.given || arg.is_bitmap) continue;
    allow_copies_[q] = arg.copied();
    arg.words = allow_copies_[q];
  }
  for (const AllowArg& arg : allow_args_) allows_.push_back({arg.words, arg.count()});
  brought_.resize(count);
  read_brought(batch);
  ends_.resize(count);
  queries_.resize(count);
  for (std::size_t q = 0; q < count; ++q) {
    RecommendQuery& query = queries_[q];
    query.items = part(items_, item_ends, q);
    query.hidden = part(hidden_, hidden_ends, q);
    if (sessions[q] >= 0) query.session = session_key_of(env, sessions[q]);
    // One filter of several queries is one: they are then searched for together.
    const auto same = std::find_if(allows_.begin(), allows_.begin() + static_cast<std::ptrdiff_t>(q),
                                   [&](const Allow& other) { return other.words.data() == allows_[q].words.data(); });
    query.allow = allow_args_[q].given ? &*same : nullptr;
    if (taste_dim > 0 && taste_at[q] != kNoRow) {
      const std::size_t from = std::size_t{taste_at[q]} * taste_dim;
      if (from + taste_dim > tastes_.size()) args::refuse(env, "tasteAt leads beyond tastes");
      query.taste = tastes_.data() + from;
    }
    query.weights = std::span<const double>(weights_).subspan(q * sources, sources);
    query.brought = brought_[q];
    if (ks[q] > kRoomMax) args::refuse(env, "ks must be at most 4096");
    query.k = ks[q];
    wanted_ += ks[q];
  }
}

void RecommendBatch::read_brought(const Napi::Object& batch) {
  const Napi::Env env = batch.Env();
  const Napi::Value value = batch.Get("brought");
  if (value.IsUndefined()) return;
  if (!value.IsObject()) args::refuse_value(value, "brought", "an object");
  const auto given = value.As<Napi::Object>();
  const std::span<const std::uint32_t> queries = args::uint32s(given.Get("queries"), "queries");
  const std::span<const std::uint32_t> sources = args::uint32s(given.Get("sources"), "sources");
  brought_rows_ = rows_of(given, "rows");
  const std::span<const float> shares = args::floats(given.Get("shares"), "shares");
  const std::span<const std::uint32_t> because = args::uint32s(given.Get("because"), "because");
  const auto ends = ends_of(given, "ends", queries.size(), brought_rows_.size());
  if (sources.size() != queries.size() || shares.size() != brought_rows_.size() ||
      because.size() != brought_rows_.size()) {
    args::refuse(env, "queries, sources and ends of brought must be alike, and rows, shares and because");
  }
  brought_shares_.assign(shares.begin(), shares.end());
  brought_because_.assign(because.begin(), because.end());
  for (std::size_t i = 0; i < queries.size(); ++i) {
    if (queries[i] >= brought_.size() || sources[i] < kOwnSources || sources[i] >= kSourcesMax) {
      args::refuse(env, "brought names a query or a source that is not there");
    }
    brought_[queries[i]].push_back({sources[i], part(brought_rows_, ends, i), part(brought_shares_, ends, i),
                                    part(brought_because_, ends, i)});
  }
}

Status RecommendBatch::run(const Recommender& recommender) {
  return recommender.search(queries_, room_, found_, ends_);
}

void RecommendBatch::check(const Napi::Object& into) const {
  const bool fits = args::uint32s(into.Get("rows"), "rows").size() >= wanted_ &&
                    args::uint32s(into.Get("because"), "because").size() >= wanted_ &&
                    args::floats(into.Get("scores"), "scores").size() >= wanted_ &&
                    args::bytes(into.Get("sources"), "sources").size() >= wanted_ &&
                    args::uint32s(into.Get("ends"), "ends").size() >= ends_.size();
  if (!fits) args::refuse(into.Env(), "the arrays are too small for the answers");
}

void RecommendBatch::tell(const Napi::Object& into) const {
  check(into);
  const auto rows = args::uint32s(into.Get("rows"), "rows");
  const auto because = args::uint32s(into.Get("because"), "because");
  const auto scores = args::floats(into.Get("scores"), "scores");
  const auto sources = args::bytes(into.Get("sources"), "sources");
  for (std::size_t i = 0; i < found_.size(); ++i) {
    rows[i] = found_[i].row;
    because[i] = found_[i].because;
    scores[i] = found_[i].score;
    sources[i] = found_[i].source;
  }
  std::copy(ends_.begin(), ends_.end(), args::uint32s(into.Get("ends"), "ends").begin());
}

void RecommendWrap::start(Napi::Env env, Napi::Object exports) {
  exports.Set("Recommender", DefineClass(env, "Recommender",
                                         {
                                             InstanceMethod<&RecommendWrap::popular>("setPopular"),
                                             InstanceMethod<&RecommendWrap::changed>("noteChanged"),
                                             InstanceMethod<&RecommendWrap::search>("search"),
                                             InstanceMethod<&RecommendWrap::search_async>("searchAsync"),
                                         }));
}

RecommendWrap::RecommendWrap(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  const Napi::Env env = info.Env();
  const Napi::Object options = args::options(info, 0);
  const auto index = [&](const char* name) -> std::shared_ptr<Index> {
    const Napi::Value token = options.Get(name);
    if (token.IsUndefined()) return nullptr;
    std::shared_ptr<Index> found = find_vector_index(args::token(token));
    if (!found) args::refuse(env, std::string(name) + " names no open vector index");
    return found;
  };
  std::shared_ptr<SessionIndex> sessions = find_session_index(args::token(options.Get("sessions")));
  if (!sessions) args::refuse(env, "sessions names no open session index");
  const auto object = [&](const char* name) {
    const Napi::Value value = options.Get(name);
    if (!value.IsObject()) args::refuse_value(value, name, "an object");
    return value.As<Napi::Object>();
  };
  const Napi::Object again = object("again");
  const RecommendSettings settings{
      .neighbours = neighbour_weights(object("neighbours")),
      .rules = follow_weights(object("rules")),
      .again_decay = number_option(again, "decay", 0, 1, 0.7),
      .taste_temperature = number_option(object("taste"), "temperature", 1e-9, 1e12, 1),
      .similar_temperature = number_option(object("similar"), "temperature", 1e-9, 1e12, 0.1),
  };
  recommender_ = std::make_shared<Recommender>(std::move(sessions), index("tasteIndex"),
                                               index("similarIndex"), settings);
}

void RecommendWrap::popular(const Napi::CallbackInfo& info) {
  const std::span<const std::uint32_t> rows = args::uint32s(info[0], "rows");
  const std::span<const float> shares = args::floats(info[1], "shares");
  if (rows.size() != shares.size()) args::refuse(info.Env(), "shares must be as long as rows");
  for (const std::uint32_t row : rows) {
    if (row > kItemMax) args::refuse(info.Env(), "rows must hold rows up to 2^24-1");
  }
  recommender_->set_popular({rows.begin(), rows.end()}, {shares.begin(), shares.end()});
}

void RecommendWrap::changed(const Napi::CallbackInfo& info) {
  const std::uint32_t source = args::integer(info[0], "source", kTaste, kSimilar);
  recommender_->note_changed(static_cast<OwnSource>(source), args::integer(info[1], "row", 0, kItemMax));
}

void RecommendWrap::search(const Napi::CallbackInfo& info) {
  RecommendBatch batch(args::options(info, 0), recommender_->taste_dim());
  const Napi::Object into = args::options(info, 1);
  batch.check(into);
  args::throw_unless_ok(info.Env(), batch.run(*recommender_));
  batch.tell(into);
}

Napi::Value RecommendWrap::search_async(const Napi::CallbackInfo& info) {
  auto batch = std::make_unique<RecommendBatch>(args::options(info, 0), recommender_->taste_dim());
  const Napi::Object into = args::options(info, 1);
  batch->check(into);
  auto* task = new RecommendTask(info.Env(), recommender_, std::move(batch), into);  // deletes itself
  const Napi::Promise promise = task->promise();
  task->Queue();
  return promise;
}

}  // namespace vitrine
