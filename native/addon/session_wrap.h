// `NativeSessionIndex` of server/ann/binding.ts: checks arguments, then calls `SessionIndex`.
#pragma once

#include <napi.h>

#include <memory>

#include "session/session_index.h"

namespace vitrine {

// One JavaScript handle. Handles in several threads may share an index.
class SessionWrap final : public Napi::ObjectWrap<SessionWrap> {
 public:
  // Adds the class to the addon's exports. Called once an environment.
  static void start(Napi::Env env, Napi::Object exports);

  explicit SessionWrap(const Napi::CallbackInfo& info);
  ~SessionWrap() override;

 private:
  static Napi::Value attach(const Napi::CallbackInfo& info);

  Napi::Value sessions(const Napi::CallbackInfo& info);
  Napi::Value bytes(const Napi::CallbackInfo& info);
  Napi::Value token(const Napi::CallbackInfo& info);
  void append(const Napi::CallbackInfo& info);
  void append_all(const Napi::CallbackInfo& info);
  void load(const Napi::CallbackInfo& info);
  Napi::Value remove(const Napi::CallbackInfo& info);
  Napi::Value search(const Napi::CallbackInfo& info);
  Napi::Value follow(const Napi::CallbackInfo& info);
  Napi::Value save(const Napi::CallbackInfo& info);
  void restore(const Napi::CallbackInfo& info);
  void close(const Napi::CallbackInfo& info);

  // The index. Throws when the handle is closed.
  SessionIndex& index(Napi::Env env) const;
  void release();

  std::shared_ptr<SessionIndex> index_;
  std::uint64_t token_ = 0;
  bool owner_ = false;  // made the index: closing ends its being found
};

// The open index of a token, or nullptr.
std::shared_ptr<SessionIndex> find_session_index(std::uint64_t token);

// A session's key as JavaScript has it. Throws `bad_argument`.
std::uint64_t session_key_of(Napi::Env env, double key);

// A finite number of the options in min..max; `otherwise` where it is undefined.
double number_option(const Napi::Object& options, const char* name, double min, double max,
                     double otherwise);

// `NeighbourOptions` and `FollowOptions`.
NeighbourWeights neighbour_weights(const Napi::Object& options);
FollowWeights follow_weights(const Napi::Object& options);

}  // namespace vitrine
