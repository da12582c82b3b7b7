#include "addon/index_wrap.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "addon/args.h"
#include "addon/instance.h"
#include "addon/search_task.h"
#include "core/registry.h"
#include "distance/distance.h"

namespace vitrine {
namespace {

constexpr napi_type_tag kTypeTag = {0x9d1c'77a4'5e02'4b38u, 0xa6f0'2be1'93c8'd157u};

constexpr const char* kKindNames[] = {"exact", "graph"};
constexpr const char* kKeepNames[] = {"f32", "bf16", "i16"};
constexpr const char* kCodingNames[] = {"fitted", "narrow", "wide"};
constexpr const char* kOpeningNames[] = {"map", "load"};
constexpr const char* kMetricNames[] = {"ip", "cosine", "l2"};

// Every open index of this process. Never destroyed: threads may still search while it exits.
Registry<Index>& registry() {
  static auto* const registry = new Registry<Index>;
  return *registry;
}

// Position of the option's text in `names`.
template <std::size_t N>
std::uint32_t choice(const Napi::Object& options, const char* name, const char* const (&names)[N]) {
  const std::string wanted = args::text(options.Get(name), name);
  std::string known;
  for (std::uint32_t i = 0; i < N; ++i) {
    if (wanted == names[i]) return i;
    known += (i == 0 ? "" : ", ") + std::string(names[i]);
  }
  args::refuse(options.Env(), std::string(name) + " must be one of " + known + ", it is '" + wanted + "'");
}

const DistanceKernels* kernels_of(const Napi::Object& options) {
  const Napi::Value value = options.Get("isa");
  if (value.IsUndefined()) return select_distance(nullptr);
  const std::string isa = args::text(value, "isa");
  if (const DistanceKernels* kernels = select_distance(isa.c_str())) return kernels;
  std::string known;
  for (const DistanceKernels& set : distance_kernels()) {
    if (set.supported()) known += (known.empty() ? "" : ", ") + std::string(set.isa);
  }
  throw args::error_of(options.Env(), Code::unsupported,
                       "isa '" + isa + "' does not run here; this machine has " + known);
}

IndexOptions index_options(const Napi::Object& given) {
  IndexOptions options;
  options.kind = static_cast<Kind>(choice(given, "kind", kKindNames));
  options.metric = static_cast<Metric>(choice(given, "metric", kMetricNames));
  options.dim = args::integer(given.Get("dim"), "dim", 1, kDimMax);
  if (options.kind == Kind::graph) options.keep = Keep::i16;
  if (!given.Get("keep").IsUndefined()) {
    options.keep = static_cast<Keep>(choice(given, "keep", kKeepNames));
  }
  options.degree = args::option(given, "degree", kDegreeMin, kDegreeMax, options.degree);
  options.build_beam =
      args::option(given, "buildBeam", kBuildBeamMin, kBuildBeamMax, options.build_beam);
  options.threads = args::option(given, "threads", 1, kThreadsMax, all_cores());
  options.kernels = kernels_of(given);
  if (!given.Get("codes").IsUndefined()) {
    options.coding = static_cast<Coding>(choice(given, "codes", kCodingNames));
  }
  return options;
}

// Makes a JavaScript object around an index that is there already.
struct Held {
  std::shared_ptr<Index> index;
  std::uint64_t token;  // 0: registered with the object
};

Napi::Value wrap(Napi::Env env, Held held) {
  return instance_of(env).vector_index.New({Napi::External<Held>::New(env, &held)});
}

}  // namespace

std::shared_ptr<Index> find_vector_index(std::uint64_t token) { return registry().find(token); }

void IndexWrap::start(Napi::Env env, Napi::Object exports) {
  const Napi::Function constructor = DefineClass(
      env, "VectorIndex",
      {
          StaticMethod<&IndexWrap::attach>("attach"),
          StaticMethod<&IndexWrap::open>("open"),
          InstanceAccessor<&IndexWrap::kind>("kind"),
          InstanceAccessor<&IndexWrap::dim>("dim"),
          InstanceAccessor<&IndexWrap::metric>("metric"),
          InstanceAccessor<&IndexWrap::size>("size"),
          InstanceAccessor<&IndexWrap::bytes>("bytes"),
          InstanceAccessor<&IndexWrap::code_bytes>("codeBytes"),
          InstanceAccessor<&IndexWrap::token>("token"),
          InstanceAccessor<&IndexWrap::note>("note"),
          InstanceMethod<&IndexWrap::add>("add"),
          InstanceMethod<&IndexWrap::remove>("remove"),
          InstanceMethod<&IndexWrap::refine>("refine"),
          InstanceMethod<&IndexWrap::has>("has"),
          InstanceMethod<&IndexWrap::get>("get"),
          InstanceMethod<&IndexWrap::search>("search"),
          InstanceMethod<&IndexWrap::search_async>("searchAsync"),
          InstanceMethod<&IndexWrap::save>("save"),
          InstanceMethod<&IndexWrap::close>("close"),
      });
  instance_of(env).vector_index = Napi::Persistent(constructor);
  exports.Set("VectorIndex", constructor);
}

IndexWrap::IndexWrap(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  Value().TypeTag(&kTypeTag);
  if (info[0].IsExternal()) {
    Held& held = *info[0].As<Napi::External<Held>>().Data();
    index_ = std::move(held.index);
    token_ = held.token;
  } else {
    index_ = make_index(index_options(args::options(info, 0)));
  }
  owner_ = token_ == 0;
  if (owner_) token_ = registry().add(index_);
}

IndexWrap::~IndexWrap() { release(); }

void IndexWrap::release() {
  if (index_ && owner_) registry().erase(token_);
  index_.reset();
}

Napi::Value IndexWrap::attach(const Napi::CallbackInfo& info) {
  const std::uint64_t token = args::token(info[0]);
  std::shared_ptr<Index> index = registry().find(token);
  if (!index) {
    args::refuse(info.Env(), "token " + std::to_string(token) + " names no open index of this process");
  }
  return wrap(info.Env(), {std::move(index), token});
}

Napi::Value IndexWrap::open(const Napi::CallbackInfo& info) {
  const std::string path = args::text(info[0], "path");
  std::shared_ptr<Index> index;
  const Napi::Object options = args::options(info, 1);
  const bool named = !options.Get("mode").IsUndefined();
  const auto opening = static_cast<Opening>(named ? choice(options, "mode", kOpeningNames) : 0);
  args::throw_unless_ok(info.Env(), open_index(path, kernels_of(options), opening, index));
  return wrap(info.Env(), {std::move(index), 0});
}

Index& IndexWrap::opened(const Napi::CallbackInfo& info) const {
  if (!index_) args::refuse(info.Env(), "the index is closed");
  return *index_;
}

Index& IndexWrap::seen(const Napi::CallbackInfo& info) const {
  if (!info.This().As<Napi::Object>().CheckTypeTag(&kTypeTag)) {
    args::refuse(info.Env(), "this is not a VectorIndex");
  }
  return opened(info);
}

Napi::Value IndexWrap::kind(const Napi::CallbackInfo& info) {
  const auto kind = static_cast<std::size_t>(seen(info).options().kind);
  return Napi::String::New(info.Env(), kKindNames[kind]);
}

Napi::Value IndexWrap::dim(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), seen(info).options().dim);
}

Napi::Value IndexWrap::metric(const Napi::CallbackInfo& info) {
  const auto metric = static_cast<std::size_t>(seen(info).options().metric);
  return Napi::String::New(info.Env(), kMetricNames[metric]);
}

Napi::Value IndexWrap::size(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(seen(info).size()));
}

Napi::Value IndexWrap::code_bytes(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(seen(info).code_bytes()));
}

Napi::Value IndexWrap::bytes(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(seen(info).bytes()));
}

Napi::Value IndexWrap::token(const Napi::CallbackInfo& info) {
  (void)seen(info);
  return Napi::BigInt::New(info.Env(), token_);
}

Napi::Value IndexWrap::note(const Napi::CallbackInfo& info) {
  const std::span<const std::byte> note = seen(info).note();
  Napi::Uint8Array copy = Napi::Uint8Array::New(info.Env(), note.size());
  if (!note.empty()) std::memcpy(copy.Data(), note.data(), note.size());
  return copy;
}

Napi::Value IndexWrap::add(const Napi::CallbackInfo& info) {
  Index& index = opened(info);
  const auto ids = args::uint32s(info[0], "ids");
  const auto vectors = args::floats(info[1], "vectors");
  if (vectors.size() != ids.size() * index.options().dim) {
    args::refuse(info.Env(), "vectors must hold " + std::to_string(index.options().dim) +
                                 " floats for each of the " + std::to_string(ids.size()) +
                                 " ids, it holds " + std::to_string(vectors.size()));
  }
  const Napi::Value report = args::options(info, 2).Get("onProgress");
  if (!report.IsUndefined() && !report.IsFunction()) {
    args::refuse(info.Env(), "onProgress must be a function");
  }
  if (report.IsUndefined()) {
    args::throw_unless_ok(info.Env(), index.add(ids, vectors));
    return info.Env().Undefined();
  }
  // What it throws is kept until the work is done: the core does not know of JavaScript.
  std::optional<Napi::Error> thrown;
  const std::shared_ptr<Index> held = index_;  // it may close this handle
  const Status status = held->add(ids, vectors, [&](double done) {
    if (thrown) return;
    const Napi::HandleScope scope(info.Env());
    try {
      report.As<Napi::Function>().Call({Napi::Number::New(info.Env(), done)});
    } catch (const Napi::Error& error) {
      thrown = error;
    }
  });
  if (thrown) throw *thrown;
  args::throw_unless_ok(info.Env(), status);
  return info.Env().Undefined();
}

Napi::Value IndexWrap::remove(const Napi::CallbackInfo& info) {
  Index& index = opened(info);
  const auto removed = index.remove(args::uint32s(info[0], "ids"));
  return Napi::Number::New(info.Env(), static_cast<double>(removed));
}

Napi::Value IndexWrap::refine(const Napi::CallbackInfo& info) {
  Index& index = opened(info);
  const std::uint32_t count = args::integer(info[0], "count", 0, kSlotsMax);
  return Napi::Number::New(info.Env(), static_cast<double>(index.refine(count)));
}

Napi::Value IndexWrap::has(const Napi::CallbackInfo& info) {
  const Index& index = opened(info);
  const std::uint32_t id = args::integer(info[0], "id", 0, kNone - 1);
  return Napi::Boolean::New(info.Env(), index.has(id));
}

Napi::Value IndexWrap::get(const Napi::CallbackInfo& info) {
  const Index& index = opened(info);
  const std::uint32_t id = args::integer(info[0], "id", 0, kNone - 1);
  const auto into = args::floats(info[1], "into");
  if (into.size() != index.options().dim) {
    args::refuse(info.Env(), "into must hold " + std::to_string(index.options().dim) +
                                 " floats, it holds " + std::to_string(into.size()));
  }
  return Napi::Boolean::New(info.Env(), index.get(id, into.data()));
}

Napi::Value IndexWrap::search(const Napi::CallbackInfo& info) {
  const Index& index = opened(info);
  const SearchArgs search(info, index);
  Explanation explanation;
  args::throw_unless_ok(info.Env(), index.search(search.request(explanation)));
  tell(search.explain, explanation);
  return info.Env().Undefined();
}

Napi::Value IndexWrap::search_async(const Napi::CallbackInfo& info) {
  try {
    return SearchTask::start(info, SearchArgs(info, opened(info)), index_);
  } catch (const Napi::Error& error) {
    const auto failed = Napi::Promise::Deferred::New(info.Env());
    failed.Reject(error.Value());
    return failed.Promise();
  }
}

Napi::Value IndexWrap::save(const Napi::CallbackInfo& info) {
  const Index& index = opened(info);
  const std::string path = args::text(info[0], "path");
  const Napi::Value note = args::options(info, 1).Get("note");
  std::optional<std::span<const std::byte>> noted;
  if (!note.IsUndefined()) noted = std::as_bytes(args::bytes(note, "note"));
  args::throw_unless_ok(info.Env(), index.save(path, noted));
  return info.Env().Undefined();
}

void IndexWrap::close(const Napi::CallbackInfo&) { release(); }

}  // namespace vitrine
