// What every vector index does. `exact` (flat.h) compares with every vector and is the oracle;
// `graph` (graph.h) follows edges towards the best.
//
// Any thread may call any public method at any time. Searches run together; adds and removes take
// turns, and make searches wait only for the moment in which they swap in what they have prepared. A
// call with many vectors or queries is many small steps: other threads' calls may fall between them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/gate.h"
#include "core/status.h"
#include "index/bulk.h"
#include "index/file_format.h"
#include "index/options.h"
#include "index/rows.h"

namespace vitrine {

class Index {
 public:
  explicit Index(const IndexOptions& options) : options_(options), rows_(options) {}
  virtual ~Index() = default;
  Index(const Index&) = delete;
  Index& operator=(const Index&) = delete;

  const IndexOptions& options() const noexcept { return options_; }

  std::size_t size() const;   // vectors held
  std::size_t code_bytes() const;  // of one vector
  std::size_t bytes() const;  // memory held

  // `vectors` holds ids.size() rows of `dim` floats. An id that is there is replaced.
  // Fails with `bad_argument`, and adds nothing, for the id kNone, an id that comes twice, a value that
  // is not finite, or a vector longer than kNormMax (rows.h).
  // `progress` is told 0..1 where it takes long, with no lock held.
  Status add(std::span<const std::uint32_t> ids, std::span<const float> vectors,
             const Progress& progress = nullptr);

  // Returns how many of them were there.
  std::size_t remove(std::span<const std::uint32_t> ids);

  // Looks for better edges of `count` vectors, the next in turn; edges chosen long ago know nothing of
  // what came since. Returns for how many. In small steps, like `add`.
  virtual std::size_t refine(std::size_t) { return 0; }

  bool has(std::uint32_t id) const;

  // Copies the vector as it is kept to `into` (`dim` floats); false when the id is not there.
  bool get(std::uint32_t id, float* into) const;

  // Gives every query min(k, vectors allowed) results. Fails with `bad_argument`, and writes nothing,
  // for a query that `add` would not take.
  Status search(const SearchRequest& request) const;

  // Writes a new file and renames it over `path`: never half a file. Adds and removes wait, searches
  // do not. `note` is anything of the caller's that belongs to the vectors; without one the note that
  // the index was opened with is saved again. Fails with `storage`.
  Status save(const std::string& path,
              std::optional<std::span<const std::byte>> note = std::nullopt) const;

  // Of the file it was opened from; empty where there was none.
  std::span<const std::byte> note() const noexcept { return note_; }

  // Fills an index that nobody else has seen from a file that was opened.
  Status load(FileReader& file);

 protected:
  // One after the other, unless the index knows better. No lock is held.
  virtual Status put_many(std::span<const std::uint32_t> ids, const float* vectors,
                          const Progress& progress);

  // Takes out those that are there; returns how many. No lock is held.
  virtual std::size_t take_many(std::span<const std::uint32_t> ids);

  // Of put, take and write_more the caller holds writer_. What they change, they prepare while
  // searches run, and swap in with gate_ held.
  virtual Status put(std::uint32_t id, const float* vector) = 0;
  virtual void take(std::uint32_t id) = 0;  // the id is there
  virtual void describe(FileHeader& header) const = 0;
  virtual void write_more(FileWriter& file) const = 0;
  virtual Status read_more(FileReader& file) = 0;
  virtual std::size_t more_bytes() const = 0;
  virtual std::size_t code_width() const noexcept = 0;  // readers' side of the gate held

  // Answers `count` queries, prepared as Rows::prepare does. Holds gate_ shared, a few queries at a
  // time.
  virtual void answer(const float* queries, std::size_t count,
                      const SearchRequest& request) const = 0;

  // The same for queries that each have their own filter (`allow_each`): unless the index knows better,
  // neighbours with one filter are answered together.
  virtual void answer_each(const float* queries, std::size_t count,
                           const SearchRequest& request) const;

  // What is known of a search before it is made.
  Question question(const SearchRequest& request, std::size_t batch) const;
  Question ask(const SearchRequest& request) const;  // the same, gate_ held

  // Adds to the request's explanation, where there is one, how `count` of its queries were answered.
  static void explain(const SearchRequest& request, const Question& question, const Choice& choice,
                      std::size_t count, std::uint64_t steps = 0) noexcept;

  std::shared_ptr<Mapping> mapping_;  // of the file it was opened from: goes last
  const IndexOptions options_;
  mutable std::mutex writer_;  // held by whoever changes or saves; taken before gate_
  mutable Gate gate_;          // between searches and the moment of a change
  Rows rows_;

 private:
  std::vector<std::byte> note_;  // never changes once others see the index
};

// An empty index. The options are within their ranges.
std::shared_ptr<Index> make_index(const IndexOptions& options);

// Reads what `save` wrote. Fails with `storage` where the file cannot be read, is damaged or is none
// of ours, and with `unsupported` where a newer Vitrine wrote it.
Status open_index(const std::string& path, const DistanceKernels* kernels, Opening opening,
                  std::shared_ptr<Index>& index);

}  // namespace vitrine
