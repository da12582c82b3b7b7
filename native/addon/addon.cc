// The addon's front door: what `server/ann/binding.ts` sees. N-API only; the work is in the rooms
// below. Each class registers itself with one function, called here.
#include <napi.h>

#include "addon/bitmap_wrap.h"
#include "addon/filter_wrap.h"
#include "addon/index_wrap.h"
#include "addon/instance.h"
#include "addon/onnx_wrap.h"
#include "addon/recommend_wrap.h"
#include "addon/session_wrap.h"
#include "core/status.h"
#include "distance/distance.h"

namespace vitrine {
namespace {

// Raised with every change of the JavaScript interface, as ADDON_ABI in server/ann/binding.ts.
constexpr int kAbi = 8;

Napi::Value isas(const Napi::CallbackInfo& info) {
  Napi::Array names = Napi::Array::New(info.Env());
  for (const DistanceKernels& set : distance_kernels()) {
    if (set.supported()) names.Set(names.Length(), Napi::String::New(info.Env(), set.isa));
  }
  return names;
}

// Every code an Error of this addon can carry.
Napi::Array failure_codes(Napi::Env env) {
  Napi::Array codes = Napi::Array::New(env);
  for (const std::string_view name : kCodeNames) {
    if (name != "ok") codes.Set(codes.Length(), Napi::String::New(env, std::string(name)));
  }
  return codes;
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new Instance);
  exports.Set("abi", Napi::Number::New(env, kAbi));
  exports.Set("failureCodes", failure_codes(env));
  exports.Set("isas", Napi::Function::New(env, isas, "isas"));
  IndexWrap::start(env, exports);
  SessionWrap::start(env, exports);
  BitmapWrap::start(env, exports);
  FilterWrap::start(env, exports);
  OnnxWrap::start(env, exports);
  RecommendWrap::start(env, exports);
  return exports;
}

}  // namespace
}  // namespace vitrine

namespace {
Napi::Object start(Napi::Env env, Napi::Object exports) { return vitrine::init(env, exports); }
}  // namespace

NODE_API_MODULE(vitrine, start)
