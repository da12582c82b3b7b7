#include "run.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cmath>
#include <cstring>

#include "clock.h"
#include "http.h"
#include "websocket.h"

namespace {

constexpr int kEventsMax = 1024;
constexpr float kToleranceMax = 1e-4f;
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

std::int64_t ns(double seconds) { return static_cast<std::int64_t>(seconds * kNsPerS); }

}  // namespace

Run::Run(const Options& options)
    : options_(options), requests_(options), epoll_(epoll_create1(EPOLL_CLOEXEC)),
      flights_(kFlights) {
  prctl(PR_SET_TIMERSLACK, 1UL);
  for (int number = 0; number < options.connections; ++number) {
    connections_.push_back(std::make_unique<Connection>(options, number));
    Connection& connection = *connections_.back();
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u32 = static_cast<std::uint32_t>(number);
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.descriptor(), &event) != 0) {
      fail(std::string("epoll: ") + std::strerror(errno));
    }
    free_.push_back(&connection);
  }
  open_connections_ = connections_.size();
}

Run::~Run() { close(epoll_); }

Tally Run::measure() {
  const double cpu_before = cpu_seconds();
  now_ = now_ns();
  window_ns_ = now_ + ns(options_.warm_seconds);
  end_ns_ = window_ns_ + ns(options_.seconds);
  if (options_.loop == LoopKind::open) {
    arrivals_ = std::make_unique<Arrivals>(options_, now_);
  } else {
    start_closed();
  }
  const std::int64_t drained_ns = end_ns_ + ns(options_.drain_seconds);
  for (;;) {
    if (arrivals_) send_due();
    const bool more = sending() || in_flight_ > 0 || !waiting_.empty() || queued_ > 0;
    if (!more || now_ >= drained_ns || open_connections_ == 0) break;
    wait();
  }
  finish();
  tally_.cpu_s = cpu_seconds() - cpu_before;
  return std::move(tally_);
}

void Run::start_closed() {
  for (auto& connection : connections_) {
    for (int i = 0; i < options_.depth; ++i) enqueue(*connection, now_ns());
    flush_dirty();
  }
}

// Everything that is due by now, in order; then one flush a connection.
void Run::send_due() {
  now_ = now_ns();
  for (; arrivals_->due_ns() <= now_ && arrivals_->due_ns() < end_ns_; arrivals_->advance()) {
    const std::int64_t due_ns = arrivals_->due_ns();
    if (queues() && in_window(due_ns)) tally_.lag.add(now_ - due_ns);
    if (options_.transport == TransportKind::http) {
      waiting_.push_back(due_ns);
      continue;
    }
    if (open_connections_ == 0) break;
    while (!connections_[turn_]->open()) turn_ = (turn_ + 1) % connections_.size();
    Connection& connection = *connections_[turn_];
    turn_ = (turn_ + 1) % connections_.size();
    if (options_.window == 0) {
      if (has_place()) {
        enqueue(connection, due_ns);
      } else if (in_window(due_ns)) {
        ++tally_.held;  // a million are unanswered: no client would send another
      }
    } else {
      connection.waiting.push_back(due_ns);
      ++queued_;
      fill_window(connection);
    }
  }
  while (!waiting_.empty() && !free_.empty()) {
    Connection* connection = free_.back();
    free_.pop_back();
    if (!connection->open()) continue;
    enqueue(*connection, waiting_.front());
    waiting_.pop_front();
  }
  flush_dirty();
}

// Whether requests may have to wait for a connection before they are sent.
bool Run::queues() const noexcept {
  return options_.transport == TransportKind::http || options_.window > 0;
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
    const std::int64_t due_ns = connection.waiting.front();
    connection.waiting.pop_front();
    --queued_;
    if (due_ns >= oldest_ns) {
      enqueue(connection, due_ns);
    } else if (in_window(due_ns)) {
      ++tally_.held;
    }
  }
}

void Run::enqueue(Connection& connection, std::int64_t due_ns) {
  const std::uint32_t id = kIdFirst + next_ % kIdSpan;
  const auto request = static_cast<std::uint16_t>(next_ % requests_.count());
  ++next_;
  Flight& place = flight(id);
  if (place.open) {
    if (connections_[place.connection]->open()) fail("a million requests are unanswered");
    give_up(place);
  }
  place = {due_ns, due_ns, id, request, static_cast<std::uint16_t>(connection.number()), true};
  if (options_.lists > 0) {
    requests_.append(connection.list, request, id);
    if (++connection.listed == options_.lists) close_list(connection);
  } else {
    requests_.append(connection.outgoing(), request, id);
  }
  if (connection.unsent.empty()) dirty_.push_back(&connection);
  connection.unsent.push_back(id);
  if (options_.transport == TransportKind::http) connection.order.push_back(id);
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
    if (!queued_before && in_window(place.due_ns)) tally_.lag.add(sent_ns - place.due_ns);
  }
  connection.unsent.clear();
  close_list(connection);
  if (!connection.flush()) return drop(connection);
  if (connection.blocked() != connection.writable_wanted) {
    watch_writable(connection, connection.blocked());
  }
}

void Run::watch_writable(Connection& connection, bool wanted) {
  epoll_event event{};
  event.events = EPOLLIN | (wanted ? EPOLLOUT : 0u);
  event.data.u32 = static_cast<std::uint32_t>(connection.number());
  epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.descriptor(), &event);
  connection.writable_wanted = wanted;
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
}

std::int64_t Run::sleep_ns() const {
  if (!arrivals_ || arrivals_->due_ns() >= end_ns_) return kSleepMaxNs;
  const std::int64_t left = arrivals_->due_ns() - now_ns();
  // With windows it is replies that make room: to spin would only take a core from the server.
  if (options_.window > 0) return std::clamp(left, kWindowSleepNs, kSleepMaxNs);
  // A sleep ends late by tens of microseconds, so the last stretch before a request is due is spun.
  const auto spin = static_cast<std::int64_t>(options_.spin_us * kNsPerUs);
  return std::clamp(left - spin, std::int64_t{0}, kSleepMaxNs);
}

void Run::serve(const epoll_event& event) {
  Connection& connection = *connections_[event.data.u32];
  if (!connection.open()) return;
  if ((event.events & EPOLLOUT) != 0) flush(connection);
  if (!connection.open() || (event.events & ~static_cast<std::uint32_t>(EPOLLOUT)) == 0) return;
  bool gone = false;
  const std::string_view stream = connection.receive(gone);
  now_ = now_ns();
  const int before = connection.in_flight;
  const std::size_t taken = take_messages(connection, stream);
  if (!connection.open()) return;
  connection.consume(taken);
  if (gone) return drop(connection);
  const int settled = before - connection.in_flight;
  if (settled == 0) return;
  if (arrivals_) {
    if (options_.transport == TransportKind::http) free_.push_back(&connection);
    if (options_.window > 0) fill_window(connection);
    flush_dirty();
    return;
  }
  if (!sending()) return;
  for (int i = 0; i < settled; ++i) enqueue(connection, now_);
  flush_dirty();
}

std::size_t Run::take_messages(Connection& connection, std::string_view stream) {
  return options_.transport == TransportKind::http ? take_responses(connection, stream)
                                                   : take_frames(connection, stream);
}

// Returns how many bytes whole frames took. A broken stream or a close drops the connection.
std::size_t Run::take_frames(Connection& connection, std::string_view stream) {
  std::size_t taken = 0;
  Frame frame{};
  for (;;) {
    const Split split = next_frame(stream.substr(taken), frame);
    if (split == Split::partial) return taken;
    if (split == Split::broken) ++tally_.broken;
    if (split == Split::broken || frame.op == kOpClose) {
      drop(connection);
      return taken;
    }
    taken += frame.bytes;
    if (frame.op == kOpPing) {
      connection.outgoing() += masked_frame(kOpPong, frame.payload, next_);
      flush(connection);
    } else if (frame.op == kOpText || frame.op == kOpBinary) {
      if (options_.lists == 0) {
        settle(connection, read_reply(options_.wire, frame.payload));
        continue;
      }
      each_reply(frame.payload, [&](std::string_view one) {
        settle(connection, read_reply(options_.wire, one));
      });
    }
  }
}

// Answers come in the order of the requests, so a failure without an id is still told apart.
std::size_t Run::take_responses(Connection& connection, std::string_view stream) {
  std::size_t taken = 0;
  Response response{};
  for (;;) {
    const Split split = next_response(stream.substr(taken), response);
    if (split == Split::partial) return taken;
    if (split == Split::broken || connection.order.empty()) {
      ++tally_.broken;
      drop(connection);
      return taken;
    }
    taken += response.bytes;
    const std::uint32_t id = connection.order.front();
    connection.order.pop_front();
    Reply reply;
    if (response.status == 200) {
      reply = read_reply(options_.wire, response.body);
      const bool named = options_.wire != WireKind::kserve;
      if (named && reply.id != id) reply.outcome = Outcome::unreadable;
    } else {
      const bool shed = response.status == 503 || response.status == 429;
      reply.outcome = shed ? Outcome::shed : Outcome::failure;
    }
    reply.id = id;
    settle(connection, reply);
  }
}

void Run::settle(Connection& connection, const Reply& reply) {
  Flight& place = flight(reply.id);
  if (reply.outcome == Outcome::unreadable || !place.open || place.id != reply.id) {
    ++tally_.broken;
    return;
  }
  place.open = false;
  --connection.in_flight;
  --in_flight_;
  ++tally_.replies_total;
  if (reply.outcome == Outcome::answer && in_window(now_)) {
    const bool timely = options_.deadline_ms == 0 || now_ - place.due_ns <= ns(options_.deadline_ms / 1e3);
    ++tally_.answered_in_window;
    if (timely) ++tally_.in_time_in_window;
  }
  check(place, reply);
  if (!in_window(place.due_ns)) return;
  if (reply.outcome == Outcome::shed) {
    ++tally_.sheds;
  } else if (reply.outcome == Outcome::failure) {
    ++tally_.failures;
  } else {
    ++tally_.answers;
    tally_.from_due.add(now_ - place.due_ns);
    tally_.from_send.add(now_ - place.sent_ns);
  }
}

void Run::check(const Flight& flight, const Reply& reply) {
  if (reply.outcome != Outcome::answer) return;
  if (flight.id % static_cast<std::uint32_t>(options_.check_every) != 0) return;
  ++tally_.checked;
  const float expected = requests_.expected(flight.request);
  const bool right = reply.value && std::fabs(*reply.value - expected) <= kToleranceMax;
  if (!right) ++tally_.wrong;
}

// It has waited at least until now; leaving it out would flatter the percentiles.
void Run::give_up(const Flight& flight) {
  if (!in_window(flight.due_ns)) return;
  ++tally_.unanswered;
  tally_.from_due.add(now_ - flight.due_ns);
  tally_.from_send.add(now_ - flight.sent_ns);
}

void Run::drop(Connection& connection) {
  if (!connection.open()) return;
  connection.close();
  --open_connections_;
  ++tally_.closed;
  in_flight_ -= static_cast<std::uint64_t>(connection.in_flight);
  queued_ -= connection.waiting.size();
}

void Run::finish() {
  for (const Flight& place : flights_) {
    if (place.open) give_up(place);
  }
  for (const std::int64_t due_ns : waiting_) never_sent(due_ns);
  for (const auto& connection : connections_) {
    for (const std::int64_t due_ns : connection->waiting) never_sent(due_ns);
  }
}

void Run::never_sent(std::int64_t due_ns) {
  if (!in_window(due_ns)) return;
  ++tally_.unanswered;
  tally_.from_due.add(now_ - due_ns);
}
