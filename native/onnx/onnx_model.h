// A model file in ONNX Runtime, opened once for all threads of the process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/status.h"
#include "onnx/ort_library.h"

namespace vitrine {

// What the file says of one of its tensors.
struct OnnxTensor {
  std::string name;
  int type = 0;                     // as TensorProto.DataType; 0 is no tensor
  std::vector<std::int64_t> shape;  // -1 where the size is free
};

// Bytes of the caller's, to be read or written as a tensor.
struct OnnxBlock {
  std::string name;
  int type = 0;
  std::span<std::uint8_t> data;
  std::vector<std::int64_t> shape;
};

// Any thread may call any method, and several may run at once.
class OnnxModel {
 public:
  // Reads and prepares the file. Fails with `internal`, in the runtime's words.
  static Status open(const OrtLibrary& library, const std::string& file,
                     std::shared_ptr<OnnxModel>* model);
  ~OnnxModel();
  OnnxModel(const OnnxModel&) = delete;
  OnnxModel& operator=(const OnnxModel&) = delete;

  const std::vector<OnnxTensor>& inputs() const noexcept { return inputs_; }
  const std::vector<OnnxTensor>& outputs() const noexcept { return outputs_; }

 private:
  friend class OnnxBinding;
  explicit OnnxModel(const OrtLibrary& library) : library_(library) {}
  Status describe();

  const OrtLibrary& library_;
  ort::Session* session_ = nullptr;
  std::vector<OnnxTensor> inputs_;
  std::vector<OnnxTensor> outputs_;
};

// A model's tensors over memory of one caller, made once for many runs. The memory outlives it.
class OnnxBinding {
 public:
  // Fails with `internal` where a block is too small for its shape.
  static Status make(std::shared_ptr<OnnxModel> model, std::span<const OnnxBlock> inputs,
                     std::span<const OnnxBlock> outputs, std::unique_ptr<OnnxBinding>* binding);
  ~OnnxBinding();
  OnnxBinding(const OnnxBinding&) = delete;
  OnnxBinding& operator=(const OnnxBinding&) = delete;

  // Reads the inputs, writes the outputs. Runs of one binding do not overlap.
  Status run();

 private:
  explicit OnnxBinding(std::shared_ptr<OnnxModel> model) : model_(std::move(model)) {}
  Status add(const OnnxBlock& block, std::vector<std::string>& names,
             std::vector<ort::Value*>& values);

  std::shared_ptr<OnnxModel> model_;
  std::vector<std::string> input_names_;
  std::vector<std::string> output_names_;
  std::vector<const char*> input_texts_;  // of the names above
  std::vector<const char*> output_texts_;
  std::vector<ort::Value*> inputs_;
  std::vector<ort::Value*> outputs_;
};

}  // namespace vitrine
