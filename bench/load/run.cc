#include "run.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "clock.h"
#include "websocket.h"

namespace {

constexpr int kEventsMax = 1024;
constexpr std::int64_t kSleepMaxNs = 5'000'000;

constexpr std::int64_t kWindowSleepNs = 100'000;

double cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

double unix_ms() {
  timespec t{};
  clock_gettime(CLOCK_REALTIME, &t);
  return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) / 1e6;
}

volatile std::sig_atomic_t told_to_stop = 0;

void stop(int) { told_to_stop = 1; }

}  // namespace

Run::Run(const Options& options)
    : options_(options), requests_(options), plan_(read_plan(options.plan, requests_.count())),
      address_(options), epoll_(epoll_create1(EPOLL_CLOEXEC)), flights_(kFlights) {
  prctl(PR_SET_TIMERSLACK, 1UL);
  if (!options.rows.empty()) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    std::signal(SIGINT, stop);
    std::signal(SIGTERM, stop);
  }
  for (int number = 0; number < options.connections; ++number) {
    connections_.push_back(std::make_unique<Connection>(options, address_, number));
    Connection& connection = *connections_.back();
    watch(connection, EPOLL_CTL_ADD, false);
    connection.idle = true;
    free_.push_back(&connection);
  }
  open_connections_ = connections_.size();
}

Run::~Run() { close(epoll_); }

// Whether a reply is known by its place, not by an id.
bool Run::in_order() const noexcept {
  return http() || (options_.wire == WireKind::marks && options_.id_after.empty());
}

Tally Run::measure() {
  const double cpu_before = cpu_seconds();
  tally_.began_unix_ms = unix_ms();
  start_ns_ = progress_ns_ = now_ = now_ns();
  window_ns_ = now_ + ns(options_.warm_seconds);
  end_ns_ = window_ns_ + ns(options_.seconds);
  if (!options_.rows.empty()) rows_.emplace(now_);
  if (options_.loop == LoopKind::open) {
    arrivals_.emplace(options_, plan_, now_);
  } else {
    start_closed();
  }
  for (;;) {
    if (arrivals_) send_due();
    if (rows_) look_around();
    const bool more = sending() || in_flight_ > 0 || !waiting_.empty() || queued_ > 0;
    const bool drained = now_ >= end_ns_ + ns(options_.drain_seconds);
    if (!more || drained || open_connections_ == 0) break;
    wait();
  }
  finish();
  if (rows_) rows_->write(options_.rows, std::min(end_ns_, now_), now_);
  tally_.window_s = static_cast<double>(std::min(end_ns_, now_) - window_ns_) / kNsPerS;
  tally_.cpu_s = cpu_seconds() - cpu_before;
  return std::move(tally_);
}

void Run::start_closed() {
  if (options_.concurrency > 0) {
    const std::size_t count = connections_.size();
    const auto most = static_cast<std::size_t>(options_.concurrency);
    for (std::size_t i = 0; i < most; ++i) enqueue_next(*connections_[i % count]);
    return flush_dirty();
  }
  for (auto& connection : connections_) {
    for (int i = 0; i < options_.depth; ++i) enqueue_next(*connection);
    flush_dirty();
  }
}

// Closed loop: one more, now, unless there are enough.
void Run::enqueue_next(Connection& connection) {
  if (options_.requests_max > 0 && place_ >= options_.requests_max) {
    end_ns_ = std::min(end_ns_, now_);
    return;
  }
  enqueue(connection, come_due(now_ns()));
}

// Everything that is due by now, in order; then one flush a connection.
void Run::send_due() {
  now_ = now_ns();
  for (; arrivals_->due_ns() <= now_ && arrivals_->due_ns() < end_ns_; arrivals_->advance()) {
    const std::int64_t due_ns = arrivals_->due_ns();
    if (queues() && in_window(due_ns)) note_lag(now_ - due_ns);
    if (open_connections_ == 0) break;
    const Due due = come_due(due_ns);
    if (http()) {
      waiting_.push_back(due);
      continue;
    }
    if (!plan_.lanes.empty()) turn_ = plan_.lanes[due.request] % connections_.size();
    while (!connections_[turn_]->open()) turn_ = (turn_ + 1) % connections_.size();
    Connection& connection = *connections_[turn_];
    turn_ = (turn_ + 1) % connections_.size();
    if (options_.window == 0) {
      if (in_flight_ < kInFlightMax) {
        enqueue(connection, due);
      } else {
        hold(due);  // no client would send another
      }
    } else {
      connection.waiting.push_back(due);
      ++queued_;
      fill_window(connection);
    }
  }
  while (!waiting_.empty() && !free_.empty()) {
    Connection* connection = free_.back();
    free_.pop_back();
    connection->idle = false;
    if (!connection->open()) {
      if (!revives()) continue;
      connection->reopen();
      watch(*connection, EPOLL_CTL_ADD, true);
    }
    enqueue(*connection, waiting_.front());
    waiting_.pop_front();
  }
  flush_dirty();
}

// The request whose turn it is, with its row.
Due Run::come_due(std::int64_t due_ns) {
  const std::uint32_t request = plan_.request(place_, requests_.count());
  ++place_;
  const std::uint32_t row = rows_ ? rows_->add(due_ns, plan_.kind(request)) : 0;
  return {due_ns, row, request};
}

void Run::hold(const Due& due) {
  if (in_window(due.due_ns)) ++tally_.held;
  if (rows_) rows_->ended(due.row, Fate::held);
}

// Whether requests may have to wait for a connection before they are sent.
bool Run::queues() const noexcept {
  return http() || options_.window > 0;
}

// Whether the next request finds a place to be remembered in.
bool Run::has_place() noexcept {
  const Flight& place = flight(kIdFirst + next_ % kIdSpan);
  return !place.open || !connections_[place.connection]->open();
}

// Sends what waits on the connection, as far as its window goes. What has waited too long is told
// so by its own client, and costs the server nothing.
void Run::fill_window(Connection& connection) {
  const std::int64_t oldest_ns = now_ - ns(options_.patience_ms / 1e3);
  while (!connection.waiting.empty() && connection.in_flight < options_.window) {
    const Due due = connection.waiting.front();
    connection.waiting.pop_front();
    --queued_;
    if (due.due_ns >= oldest_ns) {
      enqueue(connection, due);
    } else {
      hold(due);
    }
  }
}

void Run::enqueue(Connection& connection, const Due& due) {
  // A request may take longer than a million others: its place is passed over.
  for (std::uint32_t tries = 0; !has_place(); ++next_) {
    if (++tries == kFlights) fail("a million requests are unanswered");
  }
  const std::uint32_t id = kIdFirst + next_ % kIdSpan;
  ++next_;
  const std::uint32_t request = due.request;
  Flight& place = flight(id);
  if (place.open) give_up(place);
  const auto number = static_cast<std::uint16_t>(connection.number());
  place = {due.due_ns, due.due_ns, id, due.row, request, number, true};
  if (options_.lists > 0) {
    requests_.append(connection.list, request, id);
    if (++connection.listed == options_.lists) close_list(connection);
  } else {
    requests_.append(connection.outgoing(), request, id);
  }
  if (connection.unsent.empty()) dirty_.push_back(&connection);
  connection.unsent.push_back(id);
  if (in_order()) connection.order.push_back(id);
  ++connection.in_flight;
  ++in_flight_;
  ++tally_.sent_total;
}

// The mask is zero: what it protects from is a proxy on the way.
void Run::close_list(Connection& connection) {
  if (connection.listed == 0) return;
  std::string message;
  message += static_cast<char>(0xdc);
  message += static_cast<char>(connection.listed >> 8);
  message += static_cast<char>(connection.listed & 0xff);
  message += connection.list;
  connection.outgoing() += masked_frame(kOpBinary, message, 0);
  connection.list.clear();
  connection.listed = 0;
}

void Run::flush_dirty() {
  for (Connection* connection : dirty_) flush(*connection);
  dirty_.clear();
}

void Run::flush(Connection& connection) {
  if (!connection.open()) return;
  const std::int64_t sent_ns = now_ns();
  const bool queued_before = arrivals_ && queues();
  for (const std::uint32_t id : connection.unsent) {
    Flight& place = flight(id);
    place.sent_ns = sent_ns;
    // What queues has its lag taken when due: waiting for a connection is no lag of ours.
    if (!queued_before && in_window(place.due_ns)) note_lag(sent_ns - place.due_ns);
    if (rows_) rows_->sent(place.row, sent_ns, !arrivals_);
  }
  connection.unsent.clear();
  close_list(connection);
  if (!connection.flush()) return drop(connection);
  if (connection.blocked() != connection.writable_wanted) {
    watch(connection, EPOLL_CTL_MOD, connection.blocked());
  }
}

void Run::watch(Connection& connection, int operation, bool writable) {
  epoll_event event{};
  event.events = EPOLLIN | (writable ? EPOLLOUT : 0u);
  event.data.u32 = static_cast<std::uint32_t>(connection.number());
  if (epoll_ctl(epoll_, operation, connection.descriptor(), &event) != 0) {
    fail(std::string("epoll: ") + std::strerror(errno));
  }
  connection.writable_wanted = writable;
}

// How late the generator was itself. In a closed loop nothing is due before it leaves.
void Run::note_lag(std::int64_t lag_ns) {
  tally_.lag.add(lag_ns);
  if (static_cast<double>(lag_ns) > options_.lag_us_max * kNsPerUs) ++tally_.late_sends;
}

// With rows: whether to say something, and whether to end now.
void Run::look_around() {
  if (options_.progress_ms > 0) {
    const std::int64_t length_ns = now_ - progress_ns_;
    if (length_ns >= ns(options_.progress_ms / 1e3) && sending()) {
      progress_.at_s = static_cast<double>(now_ - start_ns_) / kNsPerS;
      progress_.length_s = static_cast<double>(length_ns) / kNsPerS;
      print_progress(progress_);
      progress_ = {};
      progress_ns_ = now_;
    }
  }
  if (told_to_stop != 0) end_ns_ = std::min(end_ns_, now_);
  // More than 1 % of all that is planned: whatever comes, its p99 will be over the limit.
  const auto planned = static_cast<double>(plan_.due_s.size());
  if (planned > 0 && static_cast<double>(tally_.late_sends) > std::max(planned / 100, 1.0) &&
      !tally_.gave_up) {
    tally_.gave_up = true;
    end_ns_ = std::min(end_ns_, now_);
  }
}

// Sleeps until something can be done, then does it.
void Run::wait() {
  epoll_event events[kEventsMax];
  const std::int64_t sleep = sleep_ns();
  const timespec timeout{sleep / 1'000'000'000, sleep % 1'000'000'000};
  const std::int64_t before = now_ns();
  const int count = epoll_pwait2(epoll_, events, kEventsMax, &timeout, nullptr);
  now_ = now_ns();
  if (in_window(before)) tally_.blocked_s += static_cast<double>(now_ - before) / kNsPerS;
  if (count < 0 && errno != EINTR) fail(std::string("epoll: ") + std::strerror(errno));
  for (int i = 0; i < count; ++i) serve(events[i]);
  if (!revivals_.empty()) revive();
}

std::int64_t Run::sleep_ns() const {
  if (!revivals_.empty()) return std::clamp(revivals_.front().at_ns - now_ns(), std::int64_t{0}, kSleepMaxNs);
  if (!waiting_.empty() && !free_.empty()) return 0;
  if (!arrivals_ || arrivals_->due_ns() >= end_ns_) return kSleepMaxNs;
  const std::int64_t left = arrivals_->due_ns() - now_ns();
  // With windows it is replies that make room: to spin would only take a core from the server.
  if (options_.window > 0) return std::clamp(left, kWindowSleepNs, kSleepMaxNs);
  // A sleep ends late by tens of microseconds, so the last stretch before a request is due is spun.
  const auto spin = static_cast<std::int64_t>(options_.spin_us * kNsPerUs);
  return std::clamp(left - spin, std::int64_t{0}, kSleepMaxNs);
}
