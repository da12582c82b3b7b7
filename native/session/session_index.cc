#include "session/session_index.h"

#include <algorithm>
#include <string>

#include "session/scratch.h"

namespace vitrine {
namespace {

Status check_item(std::uint32_t item) {
  if (item <= kItemMax) return {};
  return fail(Code::bad_argument,
              "item " + std::to_string(item) + " is larger than " + std::to_string(kItemMax));
}

constexpr double kImageVersion = 1;

// What an image depends on.
std::vector<double> made_with(const SessionLog::Options& log, const RuleTable::Options& rules) {
  return {kImageVersion,
          static_cast<double>(log.session_items_max),
          static_cast<double>(log.sessions_per_item_max),
          static_cast<double>(log.sessions_max),
          static_cast<double>(rules.window),
          static_cast<double>(rules.rules_per_item_max),
          rules.age_decay};
}

}  // namespace

SessionIndex::SessionIndex(const SessionLog::Options& log, const RuleTable::Options& rules)
    : log_options_(log), rule_options_(rules), log_(log), rules_(rules) {}

SessionIndex::~SessionIndex() = default;

Status SessionIndex::append(std::span<const Visit> visits) {
  for (const Visit& visit : visits) {
    if (Status status = check_item(visit.item); !status.ok()) return status;
  }
  const std::unique_lock lock(mutex_);
  for (const Visit& visit : visits) {
    std::uint32_t slot = log_.find(visit.key);
    if (slot == kNoSlot) slot = log_.open(visit.key);
    append_locked(slot, visit.item);
  }
  return {};
}

Status SessionIndex::load(std::span<const std::uint32_t> items,
                          std::span<const std::uint32_t> offsets) {
  for (const std::uint32_t item : items) {
    if (Status status = check_item(item); !status.ok()) return status;
  }
  for (std::size_t s = 0; s < offsets.size(); ++s) {
    const std::uint32_t least = s == 0 ? 0 : offsets[s - 1];
    if (offsets[s] >= least && offsets[s] <= items.size()) continue;
    return fail(Code::bad_argument, "offset " + std::to_string(s) + " is " +
                                        std::to_string(offsets[s]) + ", not in " +
                                        std::to_string(least) + ".." +
                                        std::to_string(items.size()));
  }
  const std::unique_lock lock(mutex_);
  for (std::size_t s = 0; s + 1 < offsets.size(); ++s) {
    if (offsets[s] == offsets[s + 1]) continue;
    const std::uint32_t slot = log_.open(kNoKey);
    for (std::uint32_t i = offsets[s]; i < offsets[s + 1]; ++i) append_locked(slot, items[i]);
  }
  return {};
}

void SessionIndex::append_locked(std::uint32_t slot, std::uint32_t item) {
  // Rules age with the log: a pair's time is the slot of the session it was seen in.
  rules_.learn(log_.items(slot), item, slot);
  log_.append(slot, item);
}

bool SessionIndex::remove(std::uint64_t key) {
  const std::unique_lock lock(mutex_);
  const std::uint32_t slot = log_.find(key);
  if (slot == kNoSlot) return false;
  rules_.unlearn(log_.items(slot), slot);
  log_.remove(slot);
  return true;
}

std::size_t SessionIndex::follow(std::span<const std::uint32_t> query, const FollowWeights& weights,
                                 AllowedItems allowed, Found found) const {
  std::unique_ptr<Scratch> scratch = take_scratch();
  std::size_t count = 0;
  {
    const std::shared_lock lock(mutex_);
    ScoreBoard& board = scratch->board;
    board.reserve(log_.item_end());
    double say = 1;
    const std::size_t last = std::min<std::size_t>(weights.last, query.size());
    for (std::size_t back = 1; back <= last; ++back, say *= weights.decay) {
      const std::uint32_t from = query[query.size() - back];
      const double total = rules_.total(from);
      if (total <= 0 || say <= 0) continue;
      for (const Follower& follower : rules_.followers(from)) {
        board.add_because(follower.item, say * static_cast<double>(follower.weight) / total, from);
      }
    }
    count = board.finish(allowed, found);
  }
  give_back(std::move(scratch));
  return count;
}

std::size_t SessionIndex::sessions() const {
  const std::shared_lock lock(mutex_);
  return log_.count();
}

std::size_t SessionIndex::bytes() const {
  const std::shared_lock lock(mutex_);
  return log_.bytes() + rules_.bytes();
}

std::vector<std::uint8_t> SessionIndex::save() const {
  ImageWriter image;
  image.put(made_with(log_options_, rule_options_));
  const std::shared_lock lock(mutex_);
  log_.save(image);
  rules_.save(image);
  return image.take();
}

Status SessionIndex::restore(std::span<const std::uint8_t> bytes) {
  ImageReader image(bytes);
  std::vector<double> options;
  SessionLog log(log_options_);
  RuleTable rules(rule_options_);
  if (!image.get(options) || options != made_with(log_options_, rule_options_) ||
      !log.restore(image, kItemMax) || !rules.restore(image, log.item_end()) || !image.at_end()) {
    return fail(Code::storage, "the bytes are no session index, or one of other options");
  }
  const std::unique_lock lock(mutex_);
  if (log_.next_slot() > 0) return fail(Code::bad_argument, "the session index is not empty");
  log_ = std::move(log);
  rules_ = std::move(rules);
  return {};
}

std::unique_ptr<Scratch> SessionIndex::take_scratch() const {
  const std::scoped_lock lock(scratch_mutex_);
  if (scratch_.empty()) return std::make_unique<Scratch>();
  std::unique_ptr<Scratch> scratch = std::move(scratch_.back());
  scratch_.pop_back();
  return scratch;
}

void SessionIndex::give_back(std::unique_ptr<Scratch> scratch) const {
  const std::scoped_lock lock(scratch_mutex_);
  scratch_.push_back(std::move(scratch));
}

}  // namespace vitrine
