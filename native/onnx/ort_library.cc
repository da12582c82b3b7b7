#include "onnx/ort_library.h"

#include <dlfcn.h>

#include <mutex>

namespace vitrine {
namespace {

constexpr std::uint32_t kApiVersion = 1;

Status open(const std::string& file, OrtLibrary& library) {
  // The package's own binding has it open already, or will: the same file is one library.
  void* const handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return fail(Code::unsupported, dlerror());
  void* const symbol = dlsym(handle, "OrtGetApiBase");
  if (symbol == nullptr) return fail(Code::unsupported, file + " has no OrtGetApiBase");
  const auto base = reinterpret_cast<const ort::ApiBase* (*)()>(symbol)();
  const ort::Api* const api = base->GetApi(kApiVersion);
  if (api == nullptr) return fail(Code::unsupported, file + " has another interface");
  library.api = api;
  for (ort::Status* made : {
           api->CreateEnv(ort::kLogFatal, "vitrine", &library.env),
           api->CreateCpuMemoryInfo(ort::kDeviceAllocator, ort::kDefaultMemory, &library.memory),
           api->GetAllocatorWithDefaultOptions(&library.allocator),
           api->CreateSessionOptions(&library.options),
       }) {
    if (Status status = library.status(made); !status.ok()) return status;
  }
  for (ort::Status* set : {
           api->SetIntraOpNumThreads(library.options, 1),
           api->SetInterOpNumThreads(library.options, 1),
           api->SetSessionExecutionMode(library.options, ort::kSequential),
           api->SetSessionGraphOptimizationLevel(library.options, ort::kOptimizeAll),
           api->SetSessionLogSeverityLevel(library.options, ort::kLogFatal),
       }) {
    if (Status status = library.status(set); !status.ok()) return status;
  }
  return {};
}

}  // namespace

Status OrtLibrary::status(ort::Status* status) const {
  if (status == nullptr) return {};
  Status told = fail(Code::internal, api->GetErrorMessage(status));
  api->ReleaseStatus(status);
  return told;
}

Status ort_library(const std::string& file, const OrtLibrary** library) {
  static std::mutex mutex;
  static OrtLibrary opened;
  static std::string opened_file;
  const std::scoped_lock lock(mutex);
  if (opened_file.empty()) {
    if (Status status = open(file, opened); !status.ok()) return status;
    opened_file = file;
  }
  if (opened_file != file) return fail(Code::bad_argument, opened_file + " is open already");
  *library = &opened;
  return {};
}

}  // namespace vitrine
