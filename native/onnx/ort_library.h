// ONNX Runtime's shared library, as the npm package brings it, opened at run time: the addon is
// built without it, and serves without it where no ONNX model is asked for.
#pragma once

#include <string>

#include "core/status.h"
#include "onnx/ort_api.h"

namespace vitrine {

// What all models of the process have in common. Never closed: models outlive their makers.
struct OrtLibrary {
  const ort::Api* api = nullptr;
  ort::Env* env = nullptr;
  ort::MemoryInfo* memory = nullptr;  // tensors over the caller's own bytes
  ort::Allocator* allocator = nullptr;
  ort::SessionOptions* options = nullptr;  // one thread: workers are the parallelism

  // What a call of the library came to; releases the status.
  Status status(ort::Status* status) const;
};

// The library of this file. Any thread may call it; the first call opens it, and a process has one:
// another file later is `bad_argument`. Fails with `unsupported` where it does not open.
Status ort_library(const std::string& file, const OrtLibrary** library);

}  // namespace vitrine
