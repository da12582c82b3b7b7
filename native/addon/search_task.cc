#include "addon/search_task.h"

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "addon/args.h"

namespace vitrine {
namespace {

void check_results(Napi::Env env, const char* name, std::size_t size, std::size_t queries,
                   std::uint32_t k) {
  if (size == queries * k) return;
  args::refuse(env, std::string(name) + " must hold k = " + std::to_string(k) + " places for each of the " +
                        std::to_string(queries) + " queries, it holds " + std::to_string(size));
}

template <class A, class B>
bool overlap(std::span<A> a, std::span<B> b) {
  const std::less<const void*> before;
  return before(a.data(), b.data() + b.size()) && before(b.data(), a.data() + a.size());
}

}  // namespace

AllowEachArg::AllowEachArg(const Napi::Object& options, std::size_t queries) {
  const Napi::Value value = options.Get("allowEach");
  if (value.IsUndefined()) return;
  if (!value.IsArray() || value.As<Napi::Array>().Length() != queries) {
    args::refuse_value(value, "allowEach", "a list with an entry for each of the " +
                                               std::to_string(queries) + " queries");
  }
  const auto list = value.As<Napi::Array>();
  args_.reserve(queries);
  for (std::uint32_t q = 0; q < queries; ++q) args_.emplace_back(list.Get(q), "an entry of allowEach");
  point();
}

void AllowEachArg::own() {
  copies_.resize(args_.size());
  for (std::size_t q = 0; q < args_.size(); ++q) {
    copies_[q] = args_[q].copied();
    if (!args_[q].is_bitmap) args_[q].words = copies_[q];
  }
  point();
}

void AllowEachArg::point() {
  allows_.clear();
  pointers_.clear();
  for (const AllowArg& arg : args_) allows_.push_back({arg.words, arg.count()});
  for (std::size_t q = 0; q < args_.size(); ++q) {
    pointers_.push_back(args_[q].given ? &allows_[q] : nullptr);
  }
}

SearchArgs::SearchArgs(const Napi::CallbackInfo& info, const Index& index) {
  const Napi::Env env = info.Env();
  const std::size_t dim = index.options().dim;
  queries = args::floats(info[0], "queries");
  if (queries.empty() || queries.size() % dim != 0) {
    args::refuse(env, "queries must hold a multiple of " + std::to_string(dim) +
                          " floats, at least one, it holds " + std::to_string(queries.size()));
  }
  k = args::integer(info[1], "k", 1, kResultsMax);
  ids = args::uint32s(info[2], "ids");
  scores = args::floats(info[3], "scores");
  check_results(env, "ids", ids.size(), queries.size() / dim, k);
  check_results(env, "scores", scores.size(), queries.size() / dim, k);
  if (overlap(ids, scores) || overlap(queries, ids) || overlap(queries, scores)) {
    args::refuse(env, "queries, ids and scores must not share memory");
  }
  const Napi::Object options = args::options(info, 4);
  beam = args::option(options, "beam", 1, kResultsMax, SearchRequest{}.beam);
  allowed = AllowArg(options);
  allow = {allowed.words, allowed.count()};
  each = AllowEachArg(options, queries.size() / dim);
  if (allowed.given && !each.pointers().empty()) {
    args::refuse(env, "allow and allowEach cannot both be given");
  }
  explain = options.Get("explain");
  if (!explain.IsUndefined() && (!explain.IsObject() || explain.IsTypedArray())) {
    args::refuse_value(explain, "explain", "an object");
  }
}

SearchRequest SearchArgs::request(Explanation& explanation) const {
  return {queries, k, beam, allowed.given ? &allow : nullptr, ids.data(), scores.data(),
          explain.IsUndefined() ? nullptr : &explanation, each.pointers()};
}

void tell(const Napi::Value& explain, const Explanation& explanation) {
  if (explain.IsUndefined()) return;
  Napi::Object into = explain.As<Napi::Object>();
  const auto& [question, choice, walked, scanned, given_up, steps] = explanation;
  const auto text = [&](const char* name, std::string_view value) {
    into.Set(name, Napi::String::New(into.Env(), std::string(value)));
  };
  const auto number = [&](const char* name, auto value) {
    into.Set(name, Napi::Number::New(into.Env(), static_cast<double>(value)));
  };
  text("plan", kPlanNames[static_cast<std::size_t>(choice.plan)]);
  text("why", kWhyNames[static_cast<std::size_t>(choice.why)]);
  number("vectors", question.vectors);
  number("matches", question.matches);
  number("beam", question.beam);
  number("nearbySeen", question.nearby.seen);
  number("nearbyMatches", question.nearby.admitted);
  number("scanUs", choice.scan_ns / 1000);
  number("graphUs", choice.graph_ns / 1000);
  number("walked", walked);
  number("scanned", scanned);
  number("givenUp", given_up);
  number("steps", steps);
}

Napi::Value SearchTask::start(const Napi::CallbackInfo& info, const SearchArgs& search,
                              std::shared_ptr<const Index> index) {
  auto* task = new SearchTask(info, search, std::move(index));  // deletes itself when done
  const Napi::Promise promise = task->done_.Promise();
  task->Queue();
  return promise;
}

SearchTask::SearchTask(const Napi::CallbackInfo& info, const SearchArgs& search,
                       std::shared_ptr<const Index> index)
    : AsyncWorker(info.Env(), "VectorIndex.searchAsync"),
      done_(Napi::Promise::Deferred::New(info.Env())),
      callers_(Napi::Persistent(Napi::Object::New(info.Env()))),
      index_(std::move(index)),
      queries_(search.queries.begin(), search.queries.end()),
      bitmap_(search.allowed.bitmap),
      allowed_(search.allowed.copied()),
      allow_{search.allowed.is_bitmap ? bitmap_.words() : allowed_, search.allow.count},
      each_(search.each),
      ids_(search.ids.size()),
      scores_(search.scores.size()),
      request_{queries_, search.k, search.beam, search.allowed.given ? &allow_ : nullptr, ids_.data(),
               scores_.data(), search.explain.IsUndefined() ? nullptr : &explanation_, {}} {
  each_.own();
  request_.allow_each = each_.pointers();
  callers_.Set("ids", info[2]);
  callers_.Set("scores", info[3]);
  callers_.Set("explain", search.explain);
}

void SearchTask::Execute() { status_ = index_->search(request_); }

void SearchTask::OnOK() {
  try {
    args::throw_unless_ok(Env(), status_);
    const auto ids = args::uint32s(callers_.Get("ids"), "ids");
    const auto scores = args::floats(callers_.Get("scores"), "scores");
    if (ids.size() != ids_.size() || scores.size() != scores_.size()) {
      args::refuse(Env(), "ids and scores must keep their size until the search is done");
    }
    std::copy(ids_.begin(), ids_.end(), ids.begin());
    std::copy(scores_.begin(), scores_.end(), scores.begin());
    tell(callers_.Get("explain"), explanation_);
    done_.Resolve(Env().Undefined());
  } catch (const Napi::Error& error) {
    done_.Reject(error.Value());
  }
}

// Something was thrown on the other thread: there was no memory.
void SearchTask::OnError(const Napi::Error& error) {
  done_.Reject(args::error_of(Env(), Code::internal, error.Message()).Value());
}

}  // namespace vitrine
