// `NativeOnnxModel` of server/ann/binding.ts.
#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "onnx/onnx_model.h"

namespace vitrine {

// One JavaScript handle, of one thread. The model lives as long as any thread has a handle.
class OnnxWrap final : public Napi::ObjectWrap<OnnxWrap> {
 public:
  // Adds the class to the addon's exports. Called once an environment.
  static void start(Napi::Env env, Napi::Object exports);

  explicit OnnxWrap(const Napi::CallbackInfo& info);

 private:
  // Tensors over arrays of the caller's, which are kept from the collector.
  struct Bound {
    std::unique_ptr<OnnxBinding> binding;
    std::vector<Napi::ObjectReference> arrays;
  };

  static Napi::Value attach(const Napi::CallbackInfo& info);
  Napi::Value token(const Napi::CallbackInfo& info);
  Napi::Value inputs(const Napi::CallbackInfo& info);
  Napi::Value outputs(const Napi::CallbackInfo& info);
  Napi::Value bind(const Napi::CallbackInfo& info);
  void run(const Napi::CallbackInfo& info);
  void close(const Napi::CallbackInfo& info);

  // Throws `bad_argument` once it is closed.
  OnnxModel& seen(const Napi::CallbackInfo& info) const;

  std::shared_ptr<OnnxModel> model_;
  std::uint64_t token_ = 0;
  std::vector<Bound> bound_;
};

}  // namespace vitrine
