#include "addon/args.h"

#include <cmath>

namespace vitrine::args {
namespace {

const char* array_name(napi_typedarray_type type) {
  switch (type) {
    case napi_int8_array: return "an Int8Array";
    case napi_uint8_array: return "a Uint8Array";
    case napi_uint8_clamped_array: return "a Uint8ClampedArray";
    case napi_int16_array: return "an Int16Array";
    case napi_uint16_array: return "a Uint16Array";
    case napi_int32_array: return "an Int32Array";
    case napi_uint32_array: return "a Uint32Array";
    case napi_float32_array: return "a Float32Array";
    case napi_float64_array: return "a Float64Array";
    case napi_bigint64_array: return "a BigInt64Array";
    case napi_biguint64_array: return "a BigUint64Array";
    default: return "another typed array";
  }
}

// The value in words, for a message.
std::string described(const Napi::Value& value) {
  switch (value.Type()) {
    case napi_undefined: return "undefined";
    case napi_null: return "null";
    case napi_boolean: return "a boolean";
    case napi_number: return value.ToString().Utf8Value();
    case napi_string: return "a string";
    case napi_symbol: return "a symbol";
    case napi_function: return "a function";
    case napi_bigint: return "a bigint";
    default: break;
  }
  if (value.IsTypedArray()) return array_name(value.As<Napi::TypedArray>().TypedArrayType());
  return value.IsArray() ? "an array" : "an object";
}

template <class T>
std::span<T> view(const Napi::Value& value, const char* name, napi_typedarray_type wanted) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != wanted) {
    refuse_value(value, name, array_name(wanted));
  }
  std::size_t length = 0;
  void* data = nullptr;
  napi_value buffer = nullptr;
  const Napi::Env env = value.Env();
  if (napi_get_typedarray_info(env, value, nullptr, &length, &data, &buffer, nullptr) != napi_ok) {
    refuse(env, std::string(name) + " cannot be read");
  }
  bool detached = false;
  if (napi_is_detached_arraybuffer(env, buffer, &detached) == napi_ok && detached) {
    refuse(env, std::string(name) + " has lost its memory: its buffer was transferred");
  }
  return {static_cast<T*>(data), length};
}

}  // namespace

Napi::Error error_of(Napi::Env env, Code code, std::string_view detail) {
  Napi::Error error = Napi::Error::New(env, std::string(detail));
  error.Set("code", Napi::String::New(env, std::string(code_name(code))));
  return error;
}

void refuse(Napi::Env env, std::string_view detail) {
  throw error_of(env, Code::bad_argument, detail);
}

void refuse_value(const Napi::Value& value, const char* name, std::string_view wanted) {
  refuse(value.Env(), std::string(name) + " must be " + std::string(wanted) + ", it is " +
                          described(value));
}

void throw_unless_ok(Napi::Env env, const Status& status) {
  if (!status.ok()) throw error_of(env, status.code, status.detail);
}

std::span<std::uint8_t> bytes(const Napi::Value& value, const char* name) {
  return view<std::uint8_t>(value, name, napi_uint8_array);
}

std::span<float> floats(const Napi::Value& value, const char* name) {
  return view<float>(value, name, napi_float32_array);
}

std::span<double> doubles(const Napi::Value& value, const char* name) {
  return view<double>(value, name, napi_float64_array);
}

std::span<std::uint32_t> uint32s(const Napi::Value& value, const char* name) {
  return view<std::uint32_t>(value, name, napi_uint32_array);
}

std::uint32_t integer(const Napi::Value& value, const char* name, std::uint32_t min,
                      std::uint32_t max) {
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : NAN;
  if (!(number >= min && number <= max) || number != std::floor(number)) {
    refuse_value(value, name,
                 "an integer in " + std::to_string(min) + ".." + std::to_string(max));
  }
  return static_cast<std::uint32_t>(number);
}

std::string text(const Napi::Value& value, const char* name) {
  if (!value.IsString()) refuse_value(value, name, "a string");
  std::string text = value.As<Napi::String>().Utf8Value();
  if (text.empty()) refuse(value.Env(), std::string(name) + " must not be empty");
  // The operating system would stop reading there, and mean another file.
  if (text.find('\0') != std::string::npos) {
    refuse(value.Env(), std::string(name) + " must not hold a zero character");
  }
  return text;
}

std::uint64_t token(const Napi::Value& value) {
  if (!value.IsBigInt()) refuse_value(value, "token", "a bigint");
  bool whole = false;
  const std::uint64_t token = value.As<Napi::BigInt>().Uint64Value(&whole);
  if (!whole) refuse(value.Env(), "token must be a bigint in 0..2^64-1");
  return token;
}

Napi::Object options(const Napi::CallbackInfo& info, std::size_t at) {
  const Napi::Value value = info[at];
  if (value.IsUndefined()) return Napi::Object::New(info.Env());
  if (!value.IsObject() || value.IsTypedArray() || value.IsArray() || value.IsFunction()) {
    refuse_value(value, "options", "an object");
  }
  return value.As<Napi::Object>();
}

std::uint32_t option(const Napi::Object& options, const char* name, std::uint32_t min,
                     std::uint32_t max, std::uint32_t otherwise) {
  const Napi::Value value = options.Get(name);
  return value.IsUndefined() ? otherwise : integer(value, name, min, max);
}

}  // namespace vitrine::args
