// `NativeBitmap` of server/ann/binding.ts, and the option `allow` of every search.
#pragma once

#include <napi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "filter/bitmap.h"

namespace vitrine {

// One JavaScript handle, of one thread.
class BitmapWrap final : public Napi::ObjectWrap<BitmapWrap> {
 public:
  // Adds the class to the addon's exports. Called once an environment.
  static void start(Napi::Env env, Napi::Object exports);

  explicit BitmapWrap(const Napi::CallbackInfo& info);

  // The bitmap of a handle, or nullptr where the value is none.
  static Bitmap* of(const Napi::Value& value);

 private:
  Napi::Value count(const Napi::CallbackInfo& info);
  Napi::Value bytes(const Napi::CallbackInfo& info);
  Napi::Value has(const Napi::CallbackInfo& info);
  Napi::Value keep(const Napi::CallbackInfo& info);
  Napi::Value rows(const Napi::CallbackInfo& info);

  // A getter may be called on an object of another class: V8 checks only a method's receiver.
  const Bitmap& seen(const Napi::CallbackInfo& info) const;

  Bitmap bitmap_;
};

// The option `allow`: absent, a Uint32Array, or a bitmap. Throws `bad_argument` for anything else.
struct AllowArg {
  AllowArg() = default;
  explicit AllowArg(const Napi::Object& options);
  AllowArg(const Napi::Value& value, const char* name);

  // Bits that are set: known of a bitmap, Allow::kNotCounted of an array.
  std::uint64_t count() const noexcept;

  // A copy of the array, where it is one.
  std::vector<std::uint32_t> copied() const;

  bool given = false;
  bool is_bitmap = false;
  Bitmap bitmap;                          // shares the handle's buffer
  std::span<const std::uint32_t> words;  // of the array, valid until JavaScript runs; or the bitmap's
};

}  // namespace vitrine
