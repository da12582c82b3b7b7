#include "addon/session_wrap.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "addon/args.h"
#include "addon/bitmap_wrap.h"
#include "addon/instance.h"
#include "core/registry.h"

namespace vitrine {
namespace {

constexpr double kDecayMin = 1e-3;  // items; smaller means the same as no weight at all
constexpr double kDecayMax = 1e12;
constexpr double kKeyMax = 9007199254740991;  // 2^53 - 1: beyond it a number is not exact

Registry<SessionIndex>& registry() {
  static Registry<SessionIndex> shared;
  return shared;
}

bool is_key(double number) {
  return number >= 0 && number <= kKeyMax && number == std::floor(number);
}

std::uint64_t session_key(const Napi::Value& value, const char* name) {
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : NAN;
  if (!is_key(number)) {
    args::refuse(value.Env(), std::string(name) + " must be an integer in 0..2^53-1");
  }
  return static_cast<std::uint64_t>(number);
}

}  // namespace

std::shared_ptr<SessionIndex> find_session_index(std::uint64_t token) { return registry().find(token); }

std::uint64_t session_key_of(Napi::Env env, double key) {
  if (!is_key(key)) args::refuse(env, "sessions must hold integers in 0..2^53-1, or -1 for none");
  return static_cast<std::uint64_t>(key);
}

double number_option(const Napi::Object& options, const char* name, double min, double max,
                     double otherwise) {
  const Napi::Value value = options.Get(name);
  if (value.IsUndefined()) return otherwise;
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : NAN;
  if (!(number >= min && number <= max)) {
    args::refuse(options.Env(), std::string(name) + " must be a number in " + std::to_string(min) +
                                    ".." + std::to_string(max));
  }
  return number;
}

NeighbourWeights neighbour_weights(const Napi::Object& options) {
  const NeighbourWeights usual;
  return {
      .neighbours = args::option(options, "neighbours", 1, 1'000'000, usual.neighbours),
      .sample = args::option(options, "sample", 1, 1'000'000, usual.sample),
      .query_decay = number_option(options, "queryDecay", kDecayMin, kDecayMax, usual.query_decay),
      .item_decay = number_option(options, "itemDecay", kDecayMin, kDecayMax, usual.item_decay),
      .age_decay = number_option(options, "ageDecay", 0, kDecayMax, usual.age_decay),
      .length_power = number_option(options, "lengthPower", 0, 4, usual.length_power),
  };
}

FollowWeights follow_weights(const Napi::Object& options) {
  const FollowWeights usual;
  return {
      .last = args::option(options, "last", 1, 10'000, usual.last),
      .decay = number_option(options, "decay", 0, 1, usual.decay),
  };
}

namespace {

AllowedItems allowed_items(const Napi::Object& options) {
  const AllowArg allow(options);
  if (!allow.given) return {};
  // An empty bitmap allows nothing, whereas no bitmap allows everything.
  static constexpr std::uint32_t kNothing[1] = {0};
  if (allow.words.empty()) return {kNothing};
  return {allow.words};
}

// The caller's arrays: arguments 1 and 2, and the option `because`.
Found found_arrays(const Napi::CallbackInfo& info, const Napi::Object& options) {
  Found found{args::uint32s(info[1], "items"), args::floats(info[2], "scores"), {}};
  if (found.scores.size() != found.items.size()) {
    args::refuse(info.Env(), "scores must be as long as items");
  }
  const Napi::Value because = options.Get("because");
  if (because.IsUndefined()) return found;
  found.because = args::uint32s(because, "because");
  if (found.because.size() != found.items.size()) {
    args::refuse(info.Env(), "because must be as long as items");
  }
  return found;
}

}  // namespace

void SessionWrap::start(Napi::Env env, Napi::Object exports) {
  const Napi::Function constructor = DefineClass(
      env, "SessionIndex",
      {
          StaticMethod<&SessionWrap::attach>("attach"),
          InstanceAccessor<&SessionWrap::sessions>("sessions"),
          InstanceAccessor<&SessionWrap::bytes>("bytes"),
          InstanceAccessor<&SessionWrap::token>("token"),
          InstanceMethod<&SessionWrap::append>("append"),
          InstanceMethod<&SessionWrap::append_all>("appendAll"),
          InstanceMethod<&SessionWrap::load>("load"),
          InstanceMethod<&SessionWrap::remove>("remove"),
          InstanceMethod<&SessionWrap::search>("search"),
          InstanceMethod<&SessionWrap::follow>("follow"),
          InstanceMethod<&SessionWrap::save>("save"),
          InstanceMethod<&SessionWrap::restore>("restore"),
          InstanceMethod<&SessionWrap::close>("close"),
      });
  instance_of(env).session_index = Napi::Persistent(constructor);
  exports.Set("SessionIndex", constructor);
}

// Called with options for a new index, or by `attach` with a token.
SessionWrap::SessionWrap(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  if (info[0].IsBigInt()) {
    token_ = args::token(info[0]);
    index_ = registry().find(token_);
    if (!index_) args::refuse(info.Env(), "token names no open session index");
    return;
  }
  const Napi::Object options = args::options(info, 0);
  const SessionLog::Options log;
  const RuleTable::Options rules;
  index_ = std::make_shared<SessionIndex>(
      SessionLog::Options{
          .session_items_max =
              args::option(options, "sessionItemsMax", 1, 10'000, log.session_items_max),
          .sessions_per_item_max =
              args::option(options, "sessionsPerItemMax", 1, 1'000'000, log.sessions_per_item_max),
          .sessions_max =
              args::option(options, "sessionsMax", 1, 100'000'000, log.sessions_max),
      },
      RuleTable::Options{
          .window = args::option(options, "ruleWindow", 1, 1000, rules.window),
          .rules_per_item_max =
              args::option(options, "rulesPerItemMax", 1, 1'000'000, rules.rules_per_item_max),
          .age_decay = number_option(options, "ruleAgeDecay", 0, kDecayMax, rules.age_decay),
      });
  token_ = registry().add(index_);
  owner_ = true;
}

SessionWrap::~SessionWrap() { release(); }

Napi::Value SessionWrap::attach(const Napi::CallbackInfo& info) {
  args::token(info[0]);  // refuses what is no token
  return instance_of(info.Env()).session_index.New({info[0]});
}

Napi::Value SessionWrap::sessions(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(index(info.Env()).sessions()));
}

Napi::Value SessionWrap::bytes(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(index(info.Env()).bytes()));
}

Napi::Value SessionWrap::token(const Napi::CallbackInfo& info) {
  return Napi::BigInt::New(info.Env(), token_);
}

void SessionWrap::append(const Napi::CallbackInfo& info) {
  SessionIndex& index = this->index(info.Env());
  const Visit visit{session_key(info[0], "session"), args::integer(info[1], "item", 0, kItemMax)};
  args::throw_unless_ok(info.Env(), index.append({&visit, 1}));
}

void SessionWrap::append_all(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  SessionIndex& index = this->index(env);
  if (!info[0].IsTypedArray() ||
      info[0].As<Napi::TypedArray>().TypedArrayType() != napi_float64_array) {
    args::refuse(env, "sessions must be a Float64Array");
  }
  const auto keys = info[0].As<Napi::Float64Array>();
  const std::span<const std::uint32_t> items = args::uint32s(info[1], "items");
  if (keys.ElementLength() != items.size()) args::refuse(env, "items must be as long as sessions");
  std::vector<Visit> visits(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!is_key(keys.Data()[i])) args::refuse(env, "sessions must hold integers in 0..2^53-1");
    visits[i] = {static_cast<std::uint64_t>(keys.Data()[i]), items[i]};
  }
  args::throw_unless_ok(env, index.append(visits));
}

void SessionWrap::load(const Napi::CallbackInfo& info) {
  SessionIndex& index = this->index(info.Env());
  const std::span<const std::uint32_t> items = args::uint32s(info[0], "items");
  const std::span<const std::uint32_t> offsets = args::uint32s(info[1], "offsets");
  args::throw_unless_ok(info.Env(), index.load(items, offsets));
}

Napi::Value SessionWrap::remove(const Napi::CallbackInfo& info) {
  const bool removed = index(info.Env()).remove(session_key(info[0], "session"));
  return Napi::Boolean::New(info.Env(), removed);
}

Napi::Value SessionWrap::search(const Napi::CallbackInfo& info) {
  const SessionIndex& index = this->index(info.Env());
  const Napi::Object options = args::options(info, 3);
  const Napi::Value exclude = options.Get("exclude");
  const NeighbourWeights weights = neighbour_weights(options);
  const std::uint64_t own = exclude.IsUndefined() ? kNoKey : session_key(exclude, "exclude");
  const AllowedItems allowed = allowed_items(options);
  Found found = found_arrays(info, options);
  found.because = {};  // neighbours have no single reason
  const std::span<const std::uint32_t> query = args::uint32s(info[0], "query");
  const std::size_t count = index.search(query, weights, allowed, own, found);
  return Napi::Number::New(info.Env(), static_cast<double>(count));
}

Napi::Value SessionWrap::follow(const Napi::CallbackInfo& info) {
  const SessionIndex& index = this->index(info.Env());
  const Napi::Object options = args::options(info, 3);
  const FollowWeights weights = follow_weights(options);
  const AllowedItems allowed = allowed_items(options);
  const Found found = found_arrays(info, options);
  const std::span<const std::uint32_t> query = args::uint32s(info[0], "query");
  const std::size_t count = index.follow(query, weights, allowed, found);
  return Napi::Number::New(info.Env(), static_cast<double>(count));
}

Napi::Value SessionWrap::save(const Napi::CallbackInfo& info) {
  const std::vector<std::uint8_t> bytes = index(info.Env()).save();
  Napi::Uint8Array copy = Napi::Uint8Array::New(info.Env(), bytes.size());
  std::copy(bytes.begin(), bytes.end(), copy.Data());
  return copy;
}

void SessionWrap::restore(const Napi::CallbackInfo& info) {
  SessionIndex& index = this->index(info.Env());
  if (!info[0].IsTypedArray() ||
      info[0].As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    args::refuse_value(info[0], "bytes", "a Uint8Array");
  }
  const auto bytes = info[0].As<Napi::Uint8Array>();
  args::throw_unless_ok(info.Env(), index.restore({bytes.Data(), bytes.ElementLength()}));
}

void SessionWrap::close(const Napi::CallbackInfo&) { release(); }

SessionIndex& SessionWrap::index(Napi::Env env) const {
  if (!index_) args::refuse(env, "the session index is closed");
  return *index_;
}

void SessionWrap::release() {
  if (owner_) registry().erase(token_);
  owner_ = false;
  index_.reset();
}

}  // namespace vitrine
