#include "onnx/onnx_model.h"

#include <utility>

#include "onnx/reaper.h"

namespace vitrine {
namespace {

// The two sides of a session, which the interface names apart.
struct Side {
  ort::Status* (*count)(const ort::Session*, std::size_t*) noexcept;
  ort::Status* (*name)(const ort::Session*, std::size_t, ort::Allocator*, char**) noexcept;
  ort::Status* (*type)(const ort::Session*, std::size_t, ort::TypeInfo**) noexcept;
};

Status describe_type(const OrtLibrary& library, const ort::TypeInfo* info, OnnxTensor& tensor) {
  const ort::Api& api = *library.api;
  const ort::TensorInfo* found = nullptr;
  if (Status status = library.status(api.CastTypeInfoToTensorInfo(info, &found)); !status.ok()) {
    return status;
  }
  if (found == nullptr) return {};  // a sequence or a map
  std::size_t rank = 0;
  for (ort::Status* asked : {api.GetTensorElementType(found, &tensor.type),
                             api.GetDimensionsCount(found, &rank)}) {
    if (Status status = library.status(asked); !status.ok()) return status;
  }
  tensor.shape.resize(rank);
  return library.status(api.GetDimensions(found, tensor.shape.data(), rank));
}

Status describe_side(const OrtLibrary& library, const ort::Session* session, const Side& side,
                     std::vector<OnnxTensor>& tensors) {
  std::size_t count = 0;
  if (Status status = library.status(side.count(session, &count)); !status.ok()) return status;
  for (std::size_t index = 0; index < count; ++index) {
    OnnxTensor tensor;
    char* name = nullptr;
    Status status = library.status(side.name(session, index, library.allocator, &name));
    if (!status.ok()) return status;
    tensor.name = name;
    status = library.status(library.api->AllocatorFree(library.allocator, name));
    ort::TypeInfo* info = nullptr;
    if (status.ok()) status = library.status(side.type(session, index, &info));
    if (status.ok()) status = describe_type(library, info, tensor);
    if (info != nullptr) library.api->ReleaseTypeInfo(info);
    if (!status.ok()) return status;
    tensors.push_back(std::move(tensor));
  }
  return {};
}

}  // namespace

Status OnnxModel::open(const OrtLibrary& library, const std::string& file,
                       std::shared_ptr<OnnxModel>* model) {
  const std::shared_ptr<OnnxModel> made(new OnnxModel(library), [](OnnxModel* gone) {
    Reaper::get().take([gone] { delete gone; });
  });
  Status status = library.status(library.api->CreateSession(library.env, file.c_str(),
                                                            library.options, &made->session_));
  if (status.ok()) status = made->describe();
  if (status.ok()) *model = made;
  return status;
}

OnnxModel::~OnnxModel() {
  if (session_ != nullptr) library_.api->ReleaseSession(session_);
}

Status OnnxModel::describe() {
  const ort::Api& api = *library_.api;
  const Side in{api.SessionGetInputCount, api.SessionGetInputName, api.SessionGetInputTypeInfo};
  const Side out{api.SessionGetOutputCount, api.SessionGetOutputName, api.SessionGetOutputTypeInfo};
  if (Status status = describe_side(library_, session_, in, inputs_); !status.ok()) return status;
  return describe_side(library_, session_, out, outputs_);
}

Status OnnxBinding::make(std::shared_ptr<OnnxModel> model, std::span<const OnnxBlock> inputs,
                         std::span<const OnnxBlock> outputs,
                         std::unique_ptr<OnnxBinding>* binding) {
  std::unique_ptr<OnnxBinding> made(new OnnxBinding(std::move(model)));
  for (const OnnxBlock& block : inputs) {
    if (Status status = made->add(block, made->input_names_, made->inputs_); !status.ok()) {
      return status;
    }
  }
  for (const OnnxBlock& block : outputs) {
    if (Status status = made->add(block, made->output_names_, made->outputs_); !status.ok()) {
      return status;
    }
  }
  for (const std::string& name : made->input_names_) made->input_texts_.push_back(name.c_str());
  for (const std::string& name : made->output_names_) made->output_texts_.push_back(name.c_str());
  *binding = std::move(made);
  return {};
}

OnnxBinding::~OnnxBinding() {
  for (ort::Value* value : inputs_) model_->library_.api->ReleaseValue(value);
  for (ort::Value* value : outputs_) model_->library_.api->ReleaseValue(value);
}

Status OnnxBinding::add(const OnnxBlock& block, std::vector<std::string>& names,
                        std::vector<ort::Value*>& values) {
  const OrtLibrary& library = model_->library_;
  ort::Value* value = nullptr;
  Status status = library.status(library.api->CreateTensorWithDataAsOrtValue(
      library.memory, block.data.data(), block.data.size(), block.shape.data(),
      block.shape.size(), block.type, &value));
  if (!status.ok()) return status;
  names.push_back(block.name);
  values.push_back(value);
  return {};
}

Status OnnxBinding::run() {
  const OrtLibrary& library = model_->library_;
  return library.status(library.api->Run(model_->session_, nullptr, input_texts_.data(),
                                         inputs_.data(), inputs_.size(), output_texts_.data(),
                                         output_texts_.size(), outputs_.data()));
}

}  // namespace vitrine
