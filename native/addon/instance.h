// What the addon keeps for each JavaScript environment (the main thread and every worker has one).
#pragma once

#include <napi.h>

namespace vitrine {

// The classes, so that `attach` and `open` can make instances however they are called.
struct Instance {
  Napi::FunctionReference vector_index;
  Napi::FunctionReference session_index;
  Napi::FunctionReference filter_index;
  Napi::FunctionReference onnx_model;
};

inline Instance& instance_of(Napi::Env env) { return *env.GetInstanceData<Instance>(); }

}  // namespace vitrine
