// Reads JavaScript arguments. Every function throws a JavaScript Error with code `bad_argument`,
// which names the argument, what it must be and what it was.
#pragma once

#include <napi.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/status.h"

namespace vitrine::args {

// A JavaScript Error with `.code`, ready to be thrown or to reject a promise.
Napi::Error error_of(Napi::Env env, Code code, std::string_view detail);

[[noreturn]] void refuse(Napi::Env env, std::string_view detail);

// "NAME must be WANTED, it is ...".
[[noreturn]] void refuse_value(const Napi::Value& value, const char* name, std::string_view wanted);

// Throws what the core reported, unless it is ok.
void throw_unless_ok(Napi::Env env, const Status& status);

// Views of the caller's memory: ordinary or shared, valid until JavaScript runs again.
std::span<std::uint8_t> bytes(const Napi::Value& value, const char* name);
std::span<float> floats(const Napi::Value& value, const char* name);
std::span<double> doubles(const Napi::Value& value, const char* name);
std::span<std::uint32_t> uint32s(const Napi::Value& value, const char* name);

std::uint32_t integer(const Napi::Value& value, const char* name, std::uint32_t min,
                      std::uint32_t max);
std::string text(const Napi::Value& value, const char* name);
std::uint64_t token(const Napi::Value& value);

// An options object; undefined stands for one without properties.
Napi::Object options(const Napi::CallbackInfo& info, std::size_t at);

// `otherwise` where the option is undefined.
std::uint32_t option(const Napi::Object& options, const char* name, std::uint32_t min,
                     std::uint32_t max, std::uint32_t otherwise);

}  // namespace vitrine::args
