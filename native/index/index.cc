#include "index/index.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <shared_mutex>
#include <vector>

#include "index/flat.h"
#include "index/graph.h"
#include "index/scan.h"

namespace vitrine {
namespace {

// An id that comes twice, or kNone.
std::uint32_t id_there_twice(std::span<const std::uint32_t> ids) {
  if (std::adjacent_find(ids.begin(), ids.end(), std::greater_equal<>()) == ids.end()) return kNone;
  std::vector<std::uint32_t> sorted(ids.begin(), ids.end());
  std::sort(sorted.begin(), sorted.end());
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  return twice == sorted.end() ? kNone : *twice;
}

}  // namespace

std::size_t Index::size() const {
  const std::shared_lock reading(gate_);
  return rows_.size();
}

std::size_t Index::bytes() const {
  const std::scoped_lock writing(writer_);  // what a writer prepares counts as well
  return rows_.bytes() + more_bytes() + note_.size();
}

std::size_t Index::code_bytes() const {
  const std::shared_lock reading(gate_);
  return code_width();
}

Status Index::add(std::span<const std::uint32_t> ids, std::span<const float> vectors,
                  const Progress& progress) {
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] != kNone) continue;
    return fail(Code::bad_argument,
                "id " + std::to_string(i) + " is 2^32-1, which stands for no id; the largest is 2^32-2");
  }
  if (const std::uint32_t id = id_there_twice(ids); id != kNone) {
    return fail(Code::bad_argument, "id " + std::to_string(id) + " comes twice; each may come once");
  }
  if (Status status = rows_.check(vectors, "vector"); !status.ok()) return status;
  return put_many(ids, vectors.data(), progress);
}

Status Index::put_many(std::span<const std::uint32_t> ids, const float* vectors, const Progress&) {
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const std::scoped_lock writing(writer_);  // one at a time, so that other writers get their turn
    if (Status status = put(ids[i], vectors + i * options_.dim); !status.ok()) return status;
  }
  return {};
}

std::size_t Index::remove(std::span<const std::uint32_t> ids) { return take_many(ids); }

std::size_t Index::take_many(std::span<const std::uint32_t> ids) {
  std::size_t removed = 0;
  for (const std::uint32_t id : ids) {
    const std::scoped_lock writing(writer_);
    if (id == kNone || rows_.slot(id) == kNone) continue;
    take(id);
    ++removed;
  }
  return removed;
}

bool Index::has(std::uint32_t id) const {
  const std::shared_lock reading(gate_);
  return id != kNone && rows_.slot(id) != kNone;
}

bool Index::get(std::uint32_t id, float* into) const {
  const std::shared_lock reading(gate_);
  const std::uint32_t slot = id == kNone ? kNone : rows_.slot(id);
  if (slot == kNone) return false;
  rows_.read(slot, into);
  return true;
}

Status Index::search(const SearchRequest& request) const {
  thread_local std::vector<float> prepared;  // kept: nothing is allocated for a search
  if (Status status = rows_.prepare(request.queries, prepared); !status.ok()) return status;
  const std::size_t count = request.queries.size() / options_.dim;
  if (request.allow_each.empty()) {
    answer(prepared.data(), count, request);
  } else {
    answer_each(prepared.data(), count, request);
  }
  return {};
}

void Index::answer_each(const float* queries, std::size_t count, const SearchRequest& request) const {
  for (std::size_t first = 0, end = 0; first < count; first = end) {
    const Allow* const allow = request.allow_each[first];
    for (end = first + 1; end < count && request.allow_each[end] == allow; ++end) {
    }
    SearchRequest alike = request;
    alike.allow = allow;
    alike.ids += first * request.k;
    alike.scores += first * request.k;
    answer(queries + first * rows_.stride(), end - first, alike);
  }
}

Question Index::question(const SearchRequest& request, std::size_t batch) const {
  const std::shared_lock reading(gate_);
  Question question = ask(request);
  question.batch = batch;
  return question;
}

Question Index::ask(const SearchRequest& request) const {
  const std::size_t held = rows_.size();
  const std::size_t allowed = request.allow == nullptr ? held : count_allowed(*request.allow);
  return {.vectors = held, .matches = std::min(allowed, held), .k = request.k,
          .beam = std::max(request.k, request.beam), .dim = options_.dim,
          .costs = options_.kernels->costs};
}

void Index::explain(const SearchRequest& request, const Question& question, const Choice& choice,
                    std::size_t count, std::uint64_t steps) noexcept {
  if (request.explain == nullptr) return;
  Explanation& explained = *request.explain;
  explained.question = question;
  explained.choice = choice;
  explained.steps += steps;
  if (choice.plan == Plan::graph) {
    explained.walked += count;
  } else {
    explained.scanned += count;
    if (steps > 0) explained.given_up += count;
  }
}

Status Index::save(const std::string& path,
                   std::optional<std::span<const std::byte>> note) const {
  const std::span<const std::byte> noted = note.value_or(std::span<const std::byte>(note_));
  if (noted.size() > kNoteBytesMax) return fail(Code::bad_argument, "a note has at most 2^32 bytes");
  const std::scoped_lock writing(writer_);
  FileHeader header;
  header.kind = static_cast<std::uint32_t>(options_.kind);
  header.metric = static_cast<std::uint32_t>(options_.metric);
  header.dim = options_.dim;
  header.keep = static_cast<std::uint32_t>(options_.keep);
  header.degree = options_.degree;
  header.build_beam = options_.build_beam;
  header.slots = rows_.slots();
  header.size = rows_.size();
  header.note_bytes = noted.size();
  describe(header);
  FileWriter file(path);
  rows_.write_to(file);
  write_more(file);
  file.begin();
  file.write(noted.data(), noted.size());
  return file.finish(header);
}

Status Index::load(FileReader& file) {
  if (Status status = rows_.read_from(file); !status.ok()) return status;
  if (Status status = read_more(file); !status.ok()) return status;
  const std::size_t noted = file.header().note_bytes;
  const auto* note = file.next<std::byte>(noted);
  note_.assign(note, note + noted);
  mapping_ = file.mapping_in_use();
  return {};
}

std::shared_ptr<Index> make_index(const IndexOptions& options) {
  if (options.kind == Kind::exact) return std::make_shared<FlatIndex>(options);
  return std::make_shared<GraphIndex>(options);
}

Status open_index(const std::string& path, const DistanceKernels* kernels, Opening opening,
                  std::shared_ptr<Index>& index) {
  FileReader file(opening);
  if (Status status = file.open(path); !status.ok()) return status;
  std::shared_ptr<Index> loading = make_index(file.options(kernels));
  if (Status status = loading->load(file); !status.ok()) return status;
  index = std::move(loading);
  return {};
}

}  // namespace vitrine
