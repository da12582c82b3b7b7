#include "addon/bitmap_wrap.h"

#include "addon/args.h"
#include "filter/attributes.h"
#include "index/options.h"

namespace vitrine {
namespace {

constexpr napi_type_tag kTypeTag = {0x51c0'93f7'28ad'4e16u, 0x8d3e'6f02'b7c4'a95bu};

}  // namespace

void BitmapWrap::start(Napi::Env env, Napi::Object exports) {
  exports.Set("Bitmap", DefineClass(env, "Bitmap",
                                    {
                                        InstanceAccessor<&BitmapWrap::count>("count"),
                                        InstanceAccessor<&BitmapWrap::bytes>("bytes"),
                                        InstanceMethod<&BitmapWrap::has>("has"),
                                        InstanceMethod<&BitmapWrap::keep>("keep"),
                                        InstanceMethod<&BitmapWrap::rows>("rows"),
                                    }));
}

BitmapWrap::BitmapWrap(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  Value().TypeTag(&kTypeTag);
}

Bitmap* BitmapWrap::of(const Napi::Value& value) {
  if (!value.IsObject() || !value.As<Napi::Object>().CheckTypeTag(&kTypeTag)) return nullptr;
  return &Unwrap(value.As<Napi::Object>())->bitmap_;
}

const Bitmap& BitmapWrap::seen(const Napi::CallbackInfo& info) const {
  const Bitmap* bitmap = of(info.This());
  if (bitmap == nullptr) args::refuse(info.Env(), "this is no Bitmap");
  return *bitmap;
}

Napi::Value BitmapWrap::count(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(seen(info).count()));
}

Napi::Value BitmapWrap::bytes(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(seen(info).bytes()));
}

Napi::Value BitmapWrap::has(const Napi::CallbackInfo& info) {
  const std::uint32_t row = args::integer(info[0], "row", 0, kRowMax);
  return Napi::Boolean::New(info.Env(), bitmap_.has(row));
}

Napi::Value BitmapWrap::keep(const Napi::CallbackInfo& info) {
  const auto rows = args::uint32s(info[0], "rows");
  const std::size_t kept = bitmap_.keep(rows, args::uint32s(info[1], "into"));
  return Napi::Number::New(info.Env(), static_cast<double>(kept));
}

Napi::Value BitmapWrap::rows(const Napi::CallbackInfo& info) {
  const std::uint32_t first = args::integer(info[0], "first", 0, kRowMax);
  const std::size_t found = bitmap_.rows(first, args::uint32s(info[1], "into"));
  return Napi::Number::New(info.Env(), static_cast<double>(found));
}

AllowArg::AllowArg(const Napi::Object& options) : AllowArg(options.Get("allow"), "allow") {}

AllowArg::AllowArg(const Napi::Value& value, const char* name) {
  given = !value.IsUndefined();
  if (!given) return;
  const bool is_array = value.IsTypedArray() &&
                        value.As<Napi::TypedArray>().TypedArrayType() == napi_uint32_array;
  if (is_array) {
    words = args::uint32s(value, name);
    return;
  }
  const Bitmap* held = BitmapWrap::of(value);
  if (held == nullptr) args::refuse_value(value, name, "a Uint32Array or a Bitmap");
  is_bitmap = true;
  bitmap = *held;
  words = bitmap.words();
}

std::uint64_t AllowArg::count() const noexcept {
  return is_bitmap ? bitmap.count() : Allow::kNotCounted;
}

std::vector<std::uint32_t> AllowArg::copied() const {
  if (is_bitmap) return {};
  return {words.begin(), words.end()};
}

}  // namespace vitrine
