// The part of ONNX Runtime's C interface that is used here, as its library has it: a table of
// functions that only ever grows at its end (its documentation promises so), so any release since
// 1.0 fits. Written down here because the npm package brings the library and no header.
#pragma once

#include <cstddef>
#include <cstdint>

namespace vitrine::ort {

struct Env;
struct Status;  // nullptr is success; else to be released
struct MemoryInfo;
struct Session;
struct Value;
struct RunOptions;
struct TypeInfo;
struct TensorInfo;  // of a TypeInfo: lives as long
struct SessionOptions;
struct Allocator;

inline constexpr int kLogFatal = 4;       // what fails is reported; at 3 it is also text on stderr
inline constexpr int kSequential = 0;     // one operation after the other
inline constexpr int kOptimizeAll = 99;
inline constexpr int kDeviceAllocator = 0;
inline constexpr int kDefaultMemory = 0;

// Entries keep the names of the original. Those that nobody calls here are only counted.
struct Api {
  void* unused_0_1[2];
  const char* (*GetErrorMessage)(const Status*) noexcept;
  Status* (*CreateEnv)(int log_level, const char* log_id, Env** out) noexcept;
  void* unused_4_6[3];
  Status* (*CreateSession)(const Env*, const char* file, const SessionOptions*,
                           Session** out) noexcept;
  void* unused_8;
  Status* (*Run)(Session*, const RunOptions*, const char* const* input_names,
                 const Value* const* inputs, std::size_t input_count,
                 const char* const* output_names, std::size_t output_count,
                 Value** outputs) noexcept;
  Status* (*CreateSessionOptions)(SessionOptions** out) noexcept;
  void* unused_11_12[2];
  Status* (*SetSessionExecutionMode)(SessionOptions*, int mode) noexcept;
  void* unused_14_21[8];
  Status* (*SetSessionLogSeverityLevel)(SessionOptions*, int level) noexcept;
  Status* (*SetSessionGraphOptimizationLevel)(SessionOptions*, int level) noexcept;
  Status* (*SetIntraOpNumThreads)(SessionOptions*, int threads) noexcept;
  Status* (*SetInterOpNumThreads)(SessionOptions*, int threads) noexcept;
  void* unused_26_29[4];
  Status* (*SessionGetInputCount)(const Session*, std::size_t* out) noexcept;
  Status* (*SessionGetOutputCount)(const Session*, std::size_t* out) noexcept;
  void* unused_32;
  Status* (*SessionGetInputTypeInfo)(const Session*, std::size_t index, TypeInfo** out) noexcept;
  Status* (*SessionGetOutputTypeInfo)(const Session*, std::size_t index, TypeInfo** out) noexcept;
  void* unused_35;
  Status* (*SessionGetInputName)(const Session*, std::size_t index, Allocator*,
                                 char** out) noexcept;
  Status* (*SessionGetOutputName)(const Session*, std::size_t index, Allocator*,
                                  char** out) noexcept;
  void* unused_38_48[11];
  Status* (*CreateTensorWithDataAsOrtValue)(const MemoryInfo*, void* data, std::size_t bytes,
                                            const std::int64_t* shape, std::size_t rank, int type,
                                            Value** out) noexcept;
  void* unused_50_54[5];
  Status* (*CastTypeInfoToTensorInfo)(const TypeInfo*, const TensorInfo** out) noexcept;
  void* unused_56_59[4];
  Status* (*GetTensorElementType)(const TensorInfo*, int* out) noexcept;
  Status* (*GetDimensionsCount)(const TensorInfo*, std::size_t* out) noexcept;
  Status* (*GetDimensions)(const TensorInfo*, std::int64_t* out, std::size_t count) noexcept;
  void* unused_63_68[6];
  Status* (*CreateCpuMemoryInfo)(int allocator, int memory, MemoryInfo** out) noexcept;
  void* unused_70_75[6];
  Status* (*AllocatorFree)(Allocator*, void*) noexcept;
  void* unused_77;
  Status* (*GetAllocatorWithDefaultOptions)(Allocator** out) noexcept;
  void* unused_79_92[14];
  void (*ReleaseStatus)(Status*) noexcept;
  void* unused_94;
  void (*ReleaseSession)(Session*) noexcept;
  void (*ReleaseValue)(Value*) noexcept;
  void* unused_97;
  void (*ReleaseTypeInfo)(TypeInfo*) noexcept;
  void* unused_99;
  void (*ReleaseSessionOptions)(SessionOptions*) noexcept;
};
static_assert(offsetof(Api, Run) == 9 * sizeof(void*));
static_assert(offsetof(Api, CreateTensorWithDataAsOrtValue) == 49 * sizeof(void*));
static_assert(offsetof(Api, ReleaseSessionOptions) == 100 * sizeof(void*));

struct ApiBase {
  const Api* (*GetApi)(std::uint32_t version) noexcept;  // of the table's first part: 1
  const char* (*GetVersionString)() noexcept;
};

}  // namespace vitrine::ort
