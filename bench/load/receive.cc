// What comes back to a run: replies, closed connections, and what is left over at the end.
#include <algorithm>
#include <cmath>

#include "clock.h"
#include "http.h"
#include "run.h"
#include "websocket.h"

namespace {

constexpr float kToleranceMax = 1e-4f;
constexpr std::size_t kMessageBytesMax = std::size_t{1} << 30;

// Before a connection that broke is opened again in a closed loop, which would else do nothing but.
constexpr std::int64_t kRevivalNs = 10'000'000;

}  // namespace

void Run::serve(const epoll_event& event) {
  Connection& connection = *connections_[event.data.u32];
  if (!connection.open()) return;
  if ((event.events & EPOLLOUT) != 0) flush(connection);
  if (!connection.open() || (event.events & ~static_cast<std::uint32_t>(EPOLLOUT)) == 0) return;
  bool gone = false;
  const std::string_view stream = connection.receive(gone);
  now_ = now_ns();
  const int before = connection.in_flight;
  const std::size_t taken =
      http() ? take_responses(connection, stream, gone) : take_frames(connection, stream);
  if (!connection.open()) return;
  connection.consume(taken);
  const int settled = before - connection.in_flight;
  if (gone || connection.closing) {
    if (!arrivals_ && settled > 0 && revives()) revivals_.push_front({now_, &connection, settled});
    return drop(connection);
  }
  if (settled == 0) return;
  if (arrivals_) {
    if (http() && !connection.idle) {
      connection.idle = true;
      free_.push_back(&connection);
    }
    if (options_.window > 0) fill_window(connection);
    flush_dirty();
    return;
  }
  for (int i = 0; i < settled && sending(); ++i) enqueue_next(connection);
  flush_dirty();
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
      if (!connection.open()) return taken;
    } else if (frame.op == kOpText || frame.op == kOpBinary || frame.op == kOpMore) {
      if (frame.last && frame.op != kOpMore) {
        take_message(connection, frame.payload);
        continue;
      }
      connection.fragments += frame.payload;
      if (connection.fragments.size() > kMessageBytesMax) {
        ++tally_.broken;
        drop(connection);
        return taken;
      }
      if (!frame.last) continue;
      take_message(connection, connection.fragments);
      connection.fragments.clear();
    }
  }
}

void Run::take_message(Connection& connection, std::string_view message) {
  if (options_.lists > 0) {
    return each_reply(message, [&](std::string_view one) {
      settle(connection, read_reply(options_, one));
    });
  }
  Reply reply = read_reply(options_, message);
  note_complaint(reply, message);
  if (in_order()) {
    if (connection.order.empty()) {
      ++tally_.broken;
      return;
    }
    reply.id = connection.order.front();
    connection.order.pop_front();
  }
  settle(connection, reply);
}

// Answers come in the order of the requests, so a failure without an id is still told apart.
std::size_t Run::take_responses(Connection& connection, std::string_view stream, bool ended) {
  std::size_t taken = 0;
  Response response{};
  while (taken < stream.size() && !connection.closing) {
    const Split split = next_response(stream.substr(taken), ended, response);
    if (split == Split::partial) return taken;
    if (split == Split::broken || connection.order.empty()) {
      ++tally_.broken;
      drop(connection);
      return taken;
    }
    taken += response.bytes;
    connection.closing = response.closes;
    const std::uint32_t id = connection.order.front();
    connection.order.pop_front();
    Reply reply;
    const bool marks = options_.wire == WireKind::marks;
    const auto& shed = options_.shed_status;
    if (response.status == 200 || (marks && response.status / 100 == 2)) {
      reply = read_reply(options_, response.body);
      const bool named = options_.wire != WireKind::kserve && !marks;
      if (named && reply.id != id) reply.outcome = Outcome::unreadable;
    } else if (std::find(shed.begin(), shed.end(), response.status) != shed.end()) {
      reply.outcome = Outcome::shed;
    } else {
      reply.outcome = Outcome::failure;
    }
    reply.id = id;
    note_complaint(reply, response.body, response.status);
    settle(connection, reply);
  }
  return taken;
}

void Run::note_complaint(const Reply& reply, std::string_view text, int status) {
  const bool bad = reply.outcome == Outcome::failure || reply.outcome == Outcome::unreadable;
  if (!bad || !tally_.complaint.empty()) return;
  tally_.complaint = (status == 0 ? "" : std::to_string(status) + " ") + std::string(text);
  if (tally_.complaint.empty()) tally_.complaint = "an empty reply";
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
    const bool timely =
        options_.deadline_ms == 0 || now_ - place.due_ns <= ns(options_.deadline_ms / 1e3);
    ++tally_.answered_in_window;
    if (timely) ++tally_.in_time_in_window;
  }
  check(place, reply);
  const bool answer = reply.outcome == Outcome::answer;
  const bool shed = reply.outcome == Outcome::shed;
  if (rows_) {
    rows_->ended(place.row, answer ? Fate::answered : shed ? Fate::shed : Fate::failed, now_);
    if (answer) progress_.from_due.add(now_ - place.due_ns);
    else ++(shed ? progress_.sheds : progress_.failures);
  }
  if (!in_window(place.due_ns)) return;
  if (shed) {
    ++tally_.sheds;
  } else if (!answer) {
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
  const float expected = requests_.expected(flight.request);
  if (std::isnan(expected)) return;
  ++tally_.checked;
  const bool right = reply.value && std::fabs(*reply.value - expected) <= kToleranceMax;
  if (!right) ++tally_.wrong;
}

// It has waited at least until now; leaving it out would flatter the percentiles.
void Run::give_up(const Flight& flight) {
  if (rows_ && !connections_[flight.connection]->open()) rows_->ended(flight.row, Fate::failed);
  if (!in_window(flight.due_ns)) return;
  ++tally_.unanswered;
  tally_.from_due.add(now_ - flight.due_ns);
  tally_.from_send.add(now_ - flight.sent_ns);
}

void Run::drop(Connection& connection) {
  if (!connection.open()) return;
  connection.close();
  if (!revives()) {
    --open_connections_;
    ++tally_.closed;
    in_flight_ -= static_cast<std::uint64_t>(connection.in_flight);
    queued_ -= connection.waiting.size();
    return;
  }
  if (connection.in_flight > 0) ++tally_.closed;  // an idle one may be closed, and is no loss
  const int lost = connection.in_flight;
  fail_requests(connection);
  connection.closing = false;
  if (!arrivals_) {
    if (lost > 0) revivals_.push_back({now_ns() + kRevivalNs, &connection, lost});
  } else if (!connection.idle) {
    connection.idle = true;
    free_.push_back(&connection);
  }
}

// Of a connection that is gone: what was on it has failed.
void Run::fail_requests(Connection& connection) {
  for (const std::uint32_t id : connection.order) {
    Flight& place = flight(id);
    place.open = false;
    --in_flight_;
    rows_->ended(place.row, Fate::failed);
    ++progress_.failures;
    if (in_window(place.due_ns)) ++tally_.failures;
  }
  connection.order.clear();
  connection.unsent.clear();
  connection.in_flight = 0;
}

// Closed loop, HTTP: connections that the server closed, each once its time has come.
void Run::revive() {
  const std::int64_t now = now_ns();
  while (!revivals_.empty() && revivals_.front().at_ns <= now) {
    const Revival revival = revivals_.front();
    revivals_.pop_front();
    if (!sending()) continue;
    Connection& connection = *revival.connection;
    if (!connection.open()) {
      connection.reopen();
      watch(connection, EPOLL_CTL_ADD, true);
    }
    for (int i = 0; i < revival.requests; ++i) enqueue_next(connection);
  }
  flush_dirty();
}

void Run::finish() {
  for (const Flight& place : flights_) {
    if (place.open) give_up(place);
  }
  for (const Due& due : waiting_) never_sent(due);
  for (const auto& connection : connections_) {
    for (const Due& due : connection->waiting) never_sent(due);
  }
}

void Run::never_sent(const Due& due) {
  if (!in_window(due.due_ns)) return;
  ++tally_.unanswered;
  tally_.from_due.add(now_ - due.due_ns);
}
