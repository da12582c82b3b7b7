// `NativeFilterIndex` of server/ann/binding.ts: checks arguments, then calls `FilterIndex`.
#pragma once

#include <napi.h>

#include <memory>

#include "filter/filter_index.h"

namespace vitrine {

// One JavaScript handle. Handles in several threads may share an index.
class FilterWrap final : public Napi::ObjectWrap<FilterWrap> {
 public:
  // Adds the class to the addon's exports. Called once an environment.
  static void start(Napi::Env env, Napi::Object exports);

  explicit FilterWrap(const Napi::CallbackInfo& info);
  ~FilterWrap() override;

 private:
  static Napi::Value attach(const Napi::CallbackInfo& info);

  Napi::Value size(const Napi::CallbackInfo& info);
  Napi::Value bytes(const Napi::CallbackInfo& info);
  Napi::Value token(const Napi::CallbackInfo& info);
  void put(const Napi::CallbackInfo& info);
  void set_flag(const Napi::CallbackInfo& info);
  void set_number(const Napi::CallbackInfo& info);
  Napi::Value remove(const Napi::CallbackInfo& info);
  Napi::Value evaluate(const Napi::CallbackInfo& info);
  void estimate(const Napi::CallbackInfo& info);
  void close(const Napi::CallbackInfo& info);

  // The index. Throws when the handle is closed. `seen` is for accessors, which may be called on an
  // object of another class.
  FilterIndex& index(Napi::Env env) const;
  FilterIndex& seen(const Napi::CallbackInfo& info) const;
  void release();

  std::shared_ptr<FilterIndex> index_;
  std::uint64_t token_ = 0;
  bool owner_ = false;  // made the index: closing ends its being found
};

}  // namespace vitrine
