#include "recommend/vector_source.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "recommend/recommender.h"

namespace vitrine {
namespace {

// Whether a list leaves `room` rows that the query may be answered with.
bool suffices(const NearList& list, const RecommendQuery& query, std::uint32_t room) {
  if (list.whole) return true;
  const std::size_t most = room + query.hidden.size();  // as if all that is hidden were in it
  if (query.allow == nullptr) return list.ids.size() >= most;
  std::size_t left = 0;
  for (const std::uint32_t id : list.ids) left += query.allow->has(id);
  return left >= most;
}

// Whether so few pass a filter that the nearest of all rows are hardly among them.
bool is_narrow(const RecommendQuery& query, const Index& index, std::uint32_t room, std::uint32_t kept) {
  if (query.allow == nullptr || query.allow->count == Allow::kNotCounted) return false;
  return query.allow->count * kept < static_cast<std::uint64_t>(index.size()) * room;
}

}  // namespace

void VectorFinds::begin(std::size_t queries, std::size_t dim) {
  dim_ = dim;
  vectors_.resize(queries * dim);
  wanted_.assign(queries, 0);
  lists_.assign(queries, nullptr);
  own_.assign(queries, kNoRow);
  all_.clear();
  filtered_.clear();
}

std::span<float> VectorFinds::want(std::size_t q) {
  wanted_[q] = 1;
  return std::span(vectors_).subspan(q * dim_, dim_);
}

VectorFinds::Nearest VectorFinds::of(std::size_t q) const {
  if (own_[q] != kNoRow) return filtered_.of(own_[q]);
  if (lists_[q] == nullptr) return {};
  return {lists_[q]->ids, lists_[q]->scores};
}

void VectorFinds::Batch::clear() {
  queries.clear();
  vectors.clear();
  allows.clear();
}

void VectorFinds::Batch::add(std::size_t q, std::span<const float> vector, const Allow* allow) {
  queries.push_back(q);
  vectors.insert(vectors.end(), vector.begin(), vector.end());
  allows.push_back(allow);
}

Status VectorFinds::Batch::search(const Index& index, std::uint32_t wanted) {
  if (queries.empty()) return {};
  k = std::min(wanted, kResultsMax);
  ids.resize(queries.size() * k);
  scores.resize(queries.size() * k);
  SearchRequest request{.queries = vectors, .k = k, .ids = ids.data(), .scores = scores.data()};
  const bool alike = std::all_of(allows.begin(), allows.end(),
                                 [this](const Allow* allow) { return allow == allows[0]; });
  if (alike) {
    request.allow = allows[0];
  } else {
    request.allow_each = allows;
  }
  return index.search(request);
}

VectorFinds::Nearest VectorFinds::Batch::of(std::size_t place) const {
  const std::span<const std::uint32_t> own = std::span(ids).subspan(place * k, k);
  const std::size_t count = static_cast<std::size_t>(std::find(own.begin(), own.end(), kNone) - own.begin());
  return {own.first(count), std::span(scores).subspan(place * k, count)};
}

Status VectorSource::find(std::span<const RecommendQuery> queries, std::uint32_t room,
                          VectorFinds& finds) const {
  const bool usual = room <= nearest_;
  // Before the search: what changes during it is looked at again.
  const std::uint64_t version = cache_.version();
  for (std::size_t q = 0; usual && q < queries.size(); ++q) {
    if (!finds.wanted(q)) continue;
    finds.lists_[q] = brought_up(cache_.find(finds.vector(q)), version);
    if (finds.lists_[q] != nullptr || is_narrow(queries[q], *index_, room, kept_)) continue;
    finds.all_.add(q, finds.vector(q), nullptr);
  }
  if (Status status = finds.all_.search(*index_, kept_); !status.ok()) return status;
  for (std::size_t place = 0; place < finds.all_.queries.size(); ++place) {
    const std::size_t q = finds.all_.queries[place];
    const VectorFinds::Nearest found = finds.all_.of(place);
    const std::span<const float> vector = finds.vector(q);
    finds.lists_[q] = std::make_shared<const NearList>(
        NearList{{vector.begin(), vector.end()}, version, {found.ids.begin(), found.ids.end()},
                 {found.scores.begin(), found.scores.end()}, found.ids.size() < finds.all_.k});
    cache_.keep(finds.lists_[q]);
  }
  std::size_t hidden_most = 0;
  for (std::size_t q = 0; q < queries.size(); ++q) {
    if (!finds.wanted(q)) continue;
    if (finds.lists_[q] != nullptr && suffices(*finds.lists_[q], queries[q], room)) continue;
    finds.own_[q] = static_cast<std::uint32_t>(finds.filtered_.queries.size());
    finds.filtered_.add(q, finds.vector(q), queries[q].allow);
    hidden_most = std::max(hidden_most, queries[q].hidden.size());
  }
  return finds.filtered_.search(*index_, room + static_cast<std::uint32_t>(hidden_most));
}

NearCache::List VectorSource::brought_up(const NearCache::List& list, std::uint64_t version) const {
  if (list == nullptr || list->version == version) return list;
  std::vector<std::uint32_t> changed;
  if (!cache_.changed_since(list->version, version, changed)) return nullptr;
  NearList now{list->query, version, {}, {}, list->whole};
  for (std::size_t i = 0; i < list->ids.size(); ++i) {
    if (std::binary_search(changed.begin(), changed.end(), list->ids[i])) continue;
    now.ids.push_back(list->ids[i]);
    now.scores.push_back(list->scores[i]);
  }
  std::vector<float> vector(now.query.size());
  for (const std::uint32_t row : changed) {
    if (!index_->get(row, vector.data())) continue;
    const float score = score_of(now.query, vector);
    const auto at = std::upper_bound(now.scores.begin(), now.scores.end(), score, std::greater<>());
    // Beyond the last of a list that is not whole there may be others before it.
    if (at == now.scores.end() && !now.whole) continue;
    now.ids.insert(now.ids.begin() + (at - now.scores.begin()), row);
    now.scores.insert(at, score);
  }
  const auto kept = std::make_shared<const NearList>(std::move(now));
  cache_.keep(kept);
  return kept;
}

float VectorSource::score_of(std::span<const float> query, std::span<const float> vector) const {
  double dot = 0;
  double of_query = 0;
  double of_vector = 0;
  for (std::size_t i = 0; i < query.size(); ++i) {
    dot += static_cast<double>(query[i]) * static_cast<double>(vector[i]);
    of_query += static_cast<double>(query[i]) * static_cast<double>(query[i]);
    of_vector += static_cast<double>(vector[i]) * static_cast<double>(vector[i]);
  }
  if (index_->options().metric != Metric::cosine) return static_cast<float>(dot);
  const double lengths = std::sqrt(of_query * of_vector);
  return lengths > 0 ? static_cast<float>(dot / lengths) : 0;
}

}  // namespace vitrine
