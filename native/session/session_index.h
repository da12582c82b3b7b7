// Session-neighbour retrieval and sequential rules over one bounded log of sessions.
//
// Neighbours: VMIS-kNN (Kersbergen, Sprangers & Schelter, "Serenade", SIGMOD 2022) over an
// inverted index, with the weights of STAN (Garg et al., SIGIR 2019). For a session q of items
// q1 .. qL:
//
//   u(x)        = exp(-(L - p) / queryDecay), p the last place of item x in q
//   candidates  = the newest `sample` sessions that hold an item of q with u(x) of at least 1e-4, which
//                 is what is summed: what lies far back brings most of the candidates and says nothing
//   likeness(n) = sum of u(x) over the items x of q in n, / length(n)^lengthPower
//                 * exp(-age(n) / ageDecay)
//   neighbours  = the `neighbours` candidates most like q, newer first among equals
//   m(n)        = the place in n of the last item of q that n holds
//   score(i)    = log((1 + sessions) / (sessions with i))
//                 * sum over n, over places z of i in n: likeness(n) * exp(-|z - m(n)| / itemDecay)
//                   (without z = m(n) where that is qL itself)
//
// Rules: score(i) = sum over the last items x of q: decay^(distance from the end) * share of i
// among all that followed x (`rule_table.h`).
//
// Every method may be called from any thread at any time. An append counts in the next search.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <span>
#include <vector>

#include "core/gate.h"
#include "core/status.h"
#include "session/rule_table.h"
#include "session/session_log.h"

namespace vitrine {

struct Scratch;

// Items are dense numbers from 0: rows of a catalogue. The largest there may be:
inline constexpr std::uint32_t kItemMax = (1u << 24) - 1;

struct NeighbourWeights {
  std::uint32_t neighbours = 500;
  std::uint32_t sample = 5000;
  double query_decay = 1.5;   // items, above 0
  double item_decay = 2;      // items, above 0
  double age_decay = 0;       // sessions; 0 is none
  double length_power = 0.5;  // at least 0

  bool operator==(const NeighbourWeights&) const = default;
};

struct FollowWeights {
  std::uint32_t last = 3;  // items from the end of the query, at least 1
  double decay = 0.5;      // 0..1
};

// Which items may be answered: bit i % 32 of word i / 32. No words: every item.
struct AllowedItems {
  std::span<const std::uint32_t> words;
  std::span<const std::uint8_t> hidden = {};  // by item, not 0: may not be answered in any case

  bool visible(std::uint32_t item) const { return item >= hidden.size() || hidden[item] == 0; }

  bool has(std::uint32_t item) const {
    if (!visible(item)) return false;
    if (words.empty()) return true;
    const std::size_t word = item / 32;
    return word < words.size() && ((words[word] >> (item % 32)) & 1) != 0;
  }
};

// Where the answer goes: the caller's arrays of equal length; `because` may be empty. Scores are
// above 0, best first, ties by lower item; in no order where that is all the same to the caller.
struct Found {
  std::span<std::uint32_t> items;
  std::span<float> scores;
  std::span<std::uint32_t> because;
  bool sorted = true;
};

// One item of the session of a key.
struct Visit {
  std::uint64_t key;
  std::uint32_t item;
};

class SessionIndex {
 public:
  SessionIndex(const SessionLog::Options& log, const RuleTable::Options& rules);
  ~SessionIndex();

  // More items of sessions, each session's in order. Refuses all when one is above kItemMax.
  Status append(std::span<const Visit> visits);

  // Whole sessions without keys, oldest first: session s is items[offsets[s] .. offsets[s + 1]).
  // Refuses all of them when an item or an offset is wrong.
  Status load(std::span<const std::uint32_t> items, std::span<const std::uint32_t> offsets);

  // Forgets a session, in the rules as well. False when it is not there.
  bool remove(std::uint64_t key);

  // Fills `found` and returns how many there are. `exclude` is the key of a session that may not
  // vote, or kNoKey.
  std::size_t search(std::span<const std::uint32_t> query, const NeighbourWeights& weights,
                     AllowedItems allowed, std::uint64_t exclude, Found found) const;

  // Like `search`. `because[i]`: the item of the query that gave most of scores[i].
  std::size_t follow(std::span<const std::uint32_t> query, const FollowWeights& weights,
                     AllowedItems allowed, Found found) const;

  std::size_t sessions() const;
  std::size_t bytes() const;

  // All that is here, for an index made with the same options to go on from. Appends wait meanwhile.
  std::vector<std::uint8_t> save() const;

  // What `save` gave, in an empty index. Fails with `bad_argument` where the index is not empty, with
  // `storage` where the bytes are no image or of other options; it is then as empty as before.
  Status restore(std::span<const std::uint8_t> bytes);

 private:
  // Working memory is taken by a search and given back: as many as searches ever ran at once.
  std::unique_ptr<Scratch> take_scratch() const;
  void give_back(std::unique_ptr<Scratch> scratch) const;

  void append_locked(std::uint32_t slot, std::uint32_t item);

  const SessionLog::Options log_options_;
  const RuleTable::Options rule_options_;
  mutable Gate mutex_;  // guards log_ and rules_; searches that overlap without end let appends in
  SessionLog log_;
  RuleTable rules_;

  mutable std::mutex scratch_mutex_;
  mutable std::vector<std::unique_ptr<Scratch>> scratch_;
};

}  // namespace vitrine
