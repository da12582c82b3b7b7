// The arguments of a search, and a search off the calling thread.
#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "addon/bitmap_wrap.h"
#include "index/index.h"

namespace vitrine {

// The option `allowEach`: absent, or a list with an entry for each query, undefined where it may have all.
struct AllowEachArg {
  AllowEachArg() = default;
  AllowEachArg(const Napi::Object& options, std::size_t queries);

  // The same without views of the caller's memory: arrays are copied, bitmaps shared.
  void own();

  std::span<const Allow* const> pointers() const noexcept { return pointers_; }

 private:
  void point();

  std::vector<AllowArg> args_;
  std::vector<std::vector<std::uint32_t>> copies_;
  std::vector<Allow> allows_;
  std::vector<const Allow*> pointers_;
};

// What `search` and `searchAsync` were called with, checked. Views of the caller's memory: valid until
// JavaScript runs again.
struct SearchArgs {
  SearchArgs(const Napi::CallbackInfo& info, const Index& index);
  SearchArgs(const SearchArgs&) = delete;
  SearchArgs& operator=(const SearchArgs&) = delete;

  // Refers to this object, and to the explanation where the caller asked for one.
  SearchRequest request(Explanation& explanation) const;

  std::span<const float> queries;
  std::uint32_t k;
  std::span<std::uint32_t> ids;
  std::span<float> scores;
  std::uint32_t beam;
  AllowArg allowed;
  Allow allow;  // its words
  AllowEachArg each;
  Napi::Value explain;  // the object to be filled, or undefined
};

// Fills the caller's `explain`, where there is one.
void tell(const Napi::Value& explain, const Explanation& explanation);

// One search on a thread of Node's pool. It reads copies and writes to its own memory, so whatever
// JavaScript does meanwhile (close the index, transfer a buffer) is harmless; the results are copied
// to the caller's arrays when it is done.
class SearchTask final : public Napi::AsyncWorker {
 public:
  // Returns the promise. It rejects, with a code, where `search` would throw.
  static Napi::Value start(const Napi::CallbackInfo& info, const SearchArgs& search,
                           std::shared_ptr<const Index> index);

 private:
  SearchTask(const Napi::CallbackInfo& info, const SearchArgs& search,
             std::shared_ptr<const Index> index);

  void Execute() override;
  void OnOK() override;
  void OnError(const Napi::Error& error) override;

  Napi::Promise::Deferred done_;
  Napi::ObjectReference callers_;  // `ids`, `scores` and `explain`
  const std::shared_ptr<const Index> index_;
  const std::vector<float> queries_;
  const Bitmap bitmap_;                       // shared with the caller's handle, which then takes
                                              // another buffer for its next evaluation
  const std::vector<std::uint32_t> allowed_;  // or a copy of the caller's array
  const Allow allow_;
  AllowEachArg each_;  // of its own
  std::vector<std::uint32_t> ids_;
  std::vector<float> scores_;
  Explanation explanation_;
  SearchRequest request_;
  Status status_;
};

}  // namespace vitrine
