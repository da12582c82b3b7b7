#include "addon/filter_wrap.h"

#include <string>

#include "addon/args.h"
#include "addon/bitmap_wrap.h"
#include "addon/instance.h"
#include "core/registry.h"

namespace vitrine {
namespace {

constexpr napi_type_tag kTypeTag = {0x07be'4d19'c3a2'4f80u, 0xb9e5'18f6'40d7'2c63u};

// Every open filter index of this process. Never destroyed: threads may still ask while it exits.
Registry<FilterIndex>& registry() {
  static auto* const registry = new Registry<FilterIndex>;
  return *registry;
}

const WordKernels* kernels_of(const Napi::Object& options) {
  const Napi::Value value = options.Get("isa");
  if (value.IsUndefined()) return select_words(nullptr);
  const std::string isa = args::text(value, "isa");
  if (const WordKernels* kernels = select_words(isa.c_str())) return kernels;
  throw args::error_of(options.Env(), Code::unsupported, "isa '" + isa + "' is not known here");
}

}  // namespace

void FilterWrap::start(Napi::Env env, Napi::Object exports) {
  const Napi::Function constructor = DefineClass(
      env, "FilterIndex",
      {
          StaticMethod<&FilterWrap::attach>("attach"),
          InstanceAccessor<&FilterWrap::size>("size"),
          InstanceAccessor<&FilterWrap::bytes>("bytes"),
          InstanceAccessor<&FilterWrap::token>("token"),
          InstanceMethod<&FilterWrap::put>("put"),
          InstanceMethod<&FilterWrap::set_flag>("setFlag"),
          InstanceMethod<&FilterWrap::set_number>("setNumber"),
          InstanceMethod<&FilterWrap::remove>("remove"),
          InstanceMethod<&FilterWrap::evaluate>("evaluate"),
          InstanceMethod<&FilterWrap::estimate>("estimate"),
          InstanceMethod<&FilterWrap::close>("close"),
      });
  instance_of(env).filter_index = Napi::Persistent(constructor);
  exports.Set("FilterIndex", constructor);
}

// Called with options for a new index, or by `attach` with a token.
FilterWrap::FilterWrap(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  Value().TypeTag(&kTypeTag);
  if (info[0].IsBigInt()) {
    token_ = args::token(info[0]);
    index_ = registry().find(token_);
    if (!index_) args::refuse(info.Env(), "token names no open filter index");
    return;
  }
  const Napi::Object options = args::options(info, 0);
  const FilterOptions usual;
  index_ = std::make_shared<FilterIndex>(FilterOptions{
      .flags = args::option(options, "flags", 0, kFlagsMax, usual.flags),
      .columns = args::option(options, "columns", 0, kColumnsMax, usual.columns),
      .kernels = kernels_of(options),
  });
  token_ = registry().add(index_);
  owner_ = true;
}

FilterWrap::~FilterWrap() { release(); }

Napi::Value FilterWrap::attach(const Napi::CallbackInfo& info) {
  args::token(info[0]);  // refuses what is no token
  return instance_of(info.Env()).filter_index.New({info[0]});
}

Napi::Value FilterWrap::size(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(seen(info).size()));
}

Napi::Value FilterWrap::bytes(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(seen(info).bytes()));
}

Napi::Value FilterWrap::token(const Napi::CallbackInfo& info) {
  seen(info);
  return Napi::BigInt::New(info.Env(), token_);
}

void FilterWrap::put(const Napi::CallbackInfo& info) {
  FilterIndex& index = this->index(info.Env());
  args::throw_unless_ok(info.Env(), index.put({
                                        args::uint32s(info[0], "rows"),
                                        args::uint32s(info[1], "ends"),
                                        args::uint32s(info[2], "categories"),
                                        args::uint32s(info[3], "flags"),
                                        args::doubles(info[4], "numbers"),
                                    }));
}

void FilterWrap::set_flag(const Napi::CallbackInfo& info) {
  FilterIndex& index = this->index(info.Env());
  const auto rows = args::uint32s(info[0], "rows");
  const std::uint32_t flag = args::integer(info[1], "flag", 0, kFlagsMax - 1);
  if (!info[2].IsBoolean()) args::refuse(info.Env(), "on must be a boolean");
  args::throw_unless_ok(info.Env(), index.set_flag(rows, flag, info[2].As<Napi::Boolean>()));
}

void FilterWrap::set_number(const Napi::CallbackInfo& info) {
  FilterIndex& index = this->index(info.Env());
  const auto rows = args::uint32s(info[0], "rows");
  const std::uint32_t column = args::integer(info[1], "column", 0, kColumnsMax - 1);
  const auto values = args::doubles(info[2], "values");
  args::throw_unless_ok(info.Env(), index.set_number(rows, column, values));
}

Napi::Value FilterWrap::remove(const Napi::CallbackInfo& info) {
  const auto removed = index(info.Env()).remove(args::uint32s(info[0], "rows"));
  return Napi::Number::New(info.Env(), static_cast<double>(removed));
}

Napi::Value FilterWrap::evaluate(const Napi::CallbackInfo& info) {
  const FilterIndex& index = this->index(info.Env());
  const auto code = args::uint32s(info[0], "filter");
  Bitmap* into = BitmapWrap::of(info[1]);
  if (into == nullptr) args::refuse_value(info[1], "into", "a Bitmap");
  args::throw_unless_ok(info.Env(), index.evaluate(code, *into));
  return Napi::Number::New(info.Env(), static_cast<double>(into->count()));
}

void FilterWrap::estimate(const Napi::CallbackInfo& info) {
  const FilterIndex& index = this->index(info.Env());
  const auto code = args::uint32s(info[0], "filter");
  const auto into = args::doubles(info[1], "into");
  if (into.size() != 3) {
    args::refuse(info.Env(), "into must hold 3 numbers, it holds " + std::to_string(into.size()));
  }
  Bounds bounds;
  args::throw_unless_ok(info.Env(), index.estimate(code, bounds));
  into[0] = static_cast<double>(bounds.least);
  into[1] = static_cast<double>(bounds.most);
  into[2] = bounds.expected;
}

void FilterWrap::close(const Napi::CallbackInfo&) { release(); }

FilterIndex& FilterWrap::index(Napi::Env env) const {
  if (!index_) args::refuse(env, "the filter index is closed");
  return *index_;
}

FilterIndex& FilterWrap::seen(const Napi::CallbackInfo& info) const {
  const Napi::Value self = info.This();
  if (!self.IsObject() || !self.As<Napi::Object>().CheckTypeTag(&kTypeTag)) {
    args::refuse(info.Env(), "this is no FilterIndex");
  }
  return index(info.Env());
}

void FilterWrap::release() {
  if (index_ && owner_) registry().erase(token_);
  owner_ = false;
  index_.reset();
}

}  // namespace vitrine
