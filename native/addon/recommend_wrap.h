// `NativeRecommender` of server/ann/binding.ts: checks arguments, then calls `Recommender`.
#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "addon/bitmap_wrap.h"
#include "recommend/recommender.h"

namespace vitrine {

class RecommendWrap final : public Napi::ObjectWrap<RecommendWrap> {
 public:
  // Adds the class to the addon's exports. Called once an environment.
  static void start(Napi::Env env, Napi::Object exports);

  explicit RecommendWrap(const Napi::CallbackInfo& info);

 private:
  void popular(const Napi::CallbackInfo& info);
  void changed(const Napi::CallbackInfo& info);
  void search(const Napi::CallbackInfo& info);
  Napi::Value search_async(const Napi::CallbackInfo& info);

  std::shared_ptr<Recommender> recommender_;
};

// A batch, copied out of the caller's arrays: whatever JavaScript does meanwhile is harmless.
class RecommendBatch {
 public:
  RecommendBatch(const Napi::Object& batch, std::size_t taste_dim);
  RecommendBatch(const RecommendBatch&) = delete;
  RecommendBatch& operator=(const RecommendBatch&) = delete;

  Status run(const Recommender& recommender);

  // Copies the answers to the caller's arrays. Throws where those are too small by now.
  void tell(const Napi::Object& into) const;
  // Throws where they are too small for what may be found.
  void check(const Napi::Object& into) const;

 private:
  void read_brought(const Napi::Object& batch);

  std::vector<std::uint32_t> items_;
  std::vector<std::uint32_t> hidden_;
  std::vector<double> weights_;
  std::vector<float> tastes_;
  std::vector<AllowArg> allow_args_;
  std::vector<std::vector<std::uint32_t>> allow_copies_;
  std::vector<Allow> allows_;
  std::vector<std::uint32_t> brought_rows_;
  std::vector<float> brought_shares_;
  std::vector<std::uint32_t> brought_because_;
  std::vector<std::vector<Brought>> brought_;  // by query
  std::vector<RecommendQuery> queries_;
  RecommendRoom room_;
  std::size_t wanted_ = 0;  // sum of k

  std::vector<Recommended> found_;
  std::vector<std::uint32_t> ends_;
};

}  // namespace vitrine
