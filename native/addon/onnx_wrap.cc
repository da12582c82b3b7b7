#include "addon/onnx_wrap.h"

#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include "addon/args.h"
#include "addon/instance.h"

namespace vitrine {
namespace {

constexpr napi_type_tag kTypeTag = {0x3b7d'50e2'91fc'486au, 0xa6c1'2f8e'07d9'b354u};

// Models by token, for as long as somebody has one: whoever opened it may be the first to let go.
class OpenModels {
 public:
  std::uint64_t add(const std::shared_ptr<OnnxModel>& model) {
    const std::scoped_lock lock(mutex_);
    std::erase_if(models_, [](const auto& entry) { return entry.second.expired(); });
    models_.emplace(++last_token_, model);
    return last_token_;
  }

  // nullptr when nobody has it any more, or never had.
  std::shared_ptr<OnnxModel> find(std::uint64_t token) {
    const std::scoped_lock lock(mutex_);
    const auto found = models_.find(token);
    return found == models_.end() ? nullptr : found->second.lock();
  }

 private:
  std::mutex mutex_;
  std::unordered_map<std::uint64_t, std::weak_ptr<OnnxModel>> models_;
  std::uint64_t last_token_ = 0;
};

// Never destroyed: threads may still ask while the process exits.
OpenModels& open_models() {
  static auto* const models = new OpenModels;
  return *models;
}

Napi::Value described(Napi::Env env, const std::vector<OnnxTensor>& tensors) {
  Napi::Array list = Napi::Array::New(env);
  for (const OnnxTensor& tensor : tensors) {
    Napi::Object each = Napi::Object::New(env);
    each.Set("name", Napi::String::New(env, tensor.name));
    each.Set("type", Napi::Number::New(env, tensor.type));
    Napi::Array shape = Napi::Array::New(env);
    for (const std::int64_t size : tensor.shape) {
      shape.Set(shape.Length(), Napi::Number::New(env, static_cast<double>(size)));
    }
    each.Set("shape", shape);
    list.Set(list.Length(), each);
  }
  return list;
}

std::span<std::uint8_t> bytes_of(const Napi::Value& value) {
  if (!value.IsTypedArray()) args::refuse_value(value, "data", "a typed array");
  const Napi::TypedArray array = value.As<Napi::TypedArray>();
  void* data = nullptr;
  // Not `array.ArrayBuffer()`: that takes no shared memory.
  if (napi_get_typedarray_info(value.Env(), value, nullptr, nullptr, &data, nullptr, nullptr) !=
      napi_ok) {
    args::refuse(value.Env(), "data cannot be read");
  }
  return {static_cast<std::uint8_t*>(data), array.ByteLength()};
}

constexpr std::uint32_t kTypeMax = 64;
constexpr std::uint32_t kSizeMax = 0x7fff'ffff;

OnnxBlock block_of(const Napi::Value& value) {
  if (!value.IsObject()) args::refuse_value(value, "a tensor", "an object");
  const Napi::Object tensor = value.As<Napi::Object>();
  OnnxBlock block{.name = args::text(tensor.Get("name"), "name"),
                  .type = static_cast<int>(args::integer(tensor.Get("type"), "type", 1, kTypeMax)),
                  .data = bytes_of(tensor.Get("data")),
                  .shape = {}};
  const Napi::Value shape = tensor.Get("shape");
  if (!shape.IsArray()) args::refuse_value(shape, "shape", "an array");
  const Napi::Array sizes = shape.As<Napi::Array>();
  for (std::uint32_t at = 0; at < sizes.Length(); ++at) {
    block.shape.push_back(args::integer(sizes.Get(at), "a size", 0, kSizeMax));
  }
  return block;
}

std::vector<OnnxBlock> blocks_of(const Napi::Value& value, const char* name,
                                 std::vector<Napi::ObjectReference>& arrays) {
  if (!value.IsArray()) args::refuse_value(value, name, "an array");
  const Napi::Array list = value.As<Napi::Array>();
  std::vector<OnnxBlock> blocks;
  for (std::uint32_t at = 0; at < list.Length(); ++at) {
    blocks.push_back(block_of(list.Get(at)));
    const Napi::Value data = list.Get(at).As<Napi::Object>().Get("data");
    arrays.push_back(Napi::Persistent(data.As<Napi::Object>()));
  }
  return blocks;
}

}  // namespace

void OnnxWrap::start(Napi::Env env, Napi::Object exports) {
  const Napi::Function constructor = DefineClass(env, "OnnxModel",
                                                 {
                                                     StaticMethod<&OnnxWrap::attach>("attach"),
                                                     InstanceAccessor<&OnnxWrap::token>("token"),
                                                     InstanceAccessor<&OnnxWrap::inputs>("inputs"),
                                                     InstanceAccessor<&OnnxWrap::outputs>("outputs"),
                                                     InstanceMethod<&OnnxWrap::bind>("bind"),
                                                     InstanceMethod<&OnnxWrap::run>("run"),
                                                     InstanceMethod<&OnnxWrap::close>("close"),
                                                 });
  instance_of(env).onnx_model = Napi::Persistent(constructor);
  exports.Set("OnnxModel", constructor);
}

// Called with the library's file and the model's, or by `attach` with a token.
OnnxWrap::OnnxWrap(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  Value().TypeTag(&kTypeTag);
  if (info[0].IsBigInt()) {
    token_ = args::token(info[0]);
    model_ = open_models().find(token_);
    if (!model_) args::refuse(info.Env(), "token names no open model");
    return;
  }
  const OrtLibrary* library = nullptr;
  const std::string file = args::text(info[1], "file");
  args::throw_unless_ok(info.Env(), ort_library(args::text(info[0], "library"), &library));
  args::throw_unless_ok(info.Env(), OnnxModel::open(*library, file, &model_));
  token_ = open_models().add(model_);
}

Napi::Value OnnxWrap::attach(const Napi::CallbackInfo& info) {
  args::token(info[0]);  // refuses what is no token
  return instance_of(info.Env()).onnx_model.New({info[0]});
}

OnnxModel& OnnxWrap::seen(const Napi::CallbackInfo& info) const {
  const Napi::Value self = info.This();
  if (!self.IsObject() || !self.As<Napi::Object>().CheckTypeTag(&kTypeTag)) {
    args::refuse(info.Env(), "this is no OnnxModel");
  }
  if (!model_) args::refuse(info.Env(), "the model is closed");
  return *model_;
}

Napi::Value OnnxWrap::token(const Napi::CallbackInfo& info) {
  seen(info);
  return Napi::BigInt::New(info.Env(), token_);
}

Napi::Value OnnxWrap::inputs(const Napi::CallbackInfo& info) {
  return described(info.Env(), seen(info).inputs());
}

Napi::Value OnnxWrap::outputs(const Napi::CallbackInfo& info) {
  return described(info.Env(), seen(info).outputs());
}

Napi::Value OnnxWrap::bind(const Napi::CallbackInfo& info) {
  seen(info);
  Bound bound;
  const std::vector<OnnxBlock> inputs = blocks_of(info[0], "inputs", bound.arrays);
  const std::vector<OnnxBlock> outputs = blocks_of(info[1], "outputs", bound.arrays);
  args::throw_unless_ok(info.Env(), OnnxBinding::make(model_, inputs, outputs, &bound.binding));
  bound_.push_back(std::move(bound));
  return Napi::Number::New(info.Env(), static_cast<double>(bound_.size() - 1));
}

void OnnxWrap::run(const Napi::CallbackInfo& info) {
  const std::uint32_t at = info[0].IsNumber() ? info[0].As<Napi::Number>().Uint32Value() : kSizeMax;
  if (at >= bound_.size()) args::refuse_value(info[0], "binding", "a number that bind gave");
  args::throw_unless_ok(info.Env(), bound_[at].binding->run());
}

void OnnxWrap::close(const Napi::CallbackInfo& info) {
  static_cast<void>(info);
  bound_.clear();
  model_.reset();
}

}  // namespace vitrine
