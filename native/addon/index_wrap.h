// The JavaScript class VectorIndex (server/ann/binding.ts): checks arguments, holds an index, hands
// over. All calls are synchronous but searchAsync; all failures are Errors with a code.
#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>

#include "index/index.h"

namespace vitrine {

class IndexWrap final : public Napi::ObjectWrap<IndexWrap> {
 public:
  // Adds the class to the addon's exports.
  static void start(Napi::Env env, Napi::Object exports);

  explicit IndexWrap(const Napi::CallbackInfo& info);
  ~IndexWrap() override;

 private:
  static Napi::Value attach(const Napi::CallbackInfo& info);
  static Napi::Value open(const Napi::CallbackInfo& info);

  Napi::Value kind(const Napi::CallbackInfo& info);
  Napi::Value dim(const Napi::CallbackInfo& info);
  Napi::Value metric(const Napi::CallbackInfo& info);
  Napi::Value size(const Napi::CallbackInfo& info);
  Napi::Value bytes(const Napi::CallbackInfo& info);
  Napi::Value code_bytes(const Napi::CallbackInfo& info);
  Napi::Value token(const Napi::CallbackInfo& info);
  Napi::Value note(const Napi::CallbackInfo& info);
  Napi::Value add(const Napi::CallbackInfo& info);
  Napi::Value remove(const Napi::CallbackInfo& info);
  Napi::Value refine(const Napi::CallbackInfo& info);
  Napi::Value has(const Napi::CallbackInfo& info);
  Napi::Value get(const Napi::CallbackInfo& info);
  Napi::Value search(const Napi::CallbackInfo& info);
  Napi::Value search_async(const Napi::CallbackInfo& info);
  Napi::Value save(const Napi::CallbackInfo& info);
  void close(const Napi::CallbackInfo& info);

  // The index, or an Error that says it was closed. `seen` is for accessors: V8 checks the receiver of
  // a method, but a getter may be called on an object of another class.
  Index& opened(const Napi::CallbackInfo& info) const;
  Index& seen(const Napi::CallbackInfo& info) const;
  void release();

  std::shared_ptr<Index> index_;  // nullptr once closed
  std::uint64_t token_ = 0;
  bool owner_ = false;  // made or opened it; whoever attached is a guest
};

// The open index of a token, or nullptr.
std::shared_ptr<Index> find_vector_index(std::uint64_t token);

}  // namespace vitrine
