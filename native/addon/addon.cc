// The addon's front door: what `server/ann/binding.ts` sees. N-API only; the work is in the rooms below.
#include <napi.h>

namespace {

// Raised with every change of the JavaScript interface, as ADDON_ABI in server/ann/binding.ts.
constexpr int kAbi = 1;

Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports.Set("abi", Napi::Number::New(env, kAbi));
  return exports;
}

}  // namespace

NODE_API_MODULE(vitrine, init)
