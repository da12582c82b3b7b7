#pragma once

#include <sys/epoll.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "arrivals.h"
#include "connection.h"
#include "options.h"
#include "plan.h"
#include "reply.h"
#include "requests.h"
#include "rows.h"
#include "tally.h"

// One run on one thread. A closed loop keeps `depth` requests in flight on each connection; an
// open loop sends what is due, whatever has been answered. In an open loop a WebSocket carries any
// number of requests, or its window's, and takes its turn; an HTTP connection carries one. What is
// due waits for a connection with room, which counts into its latency.
//
// With rows, HTTP connections that the server closes are opened anew: what was on them has failed.
class Run {
 public:
  explicit Run(const Options& options);
  ~Run();

  // Warm-up, window and drain. With rows, writes them.
  Tally measure();

 private:
  // A request that was sent, at the place `id % kFlights`.
  struct Flight {
    std::int64_t due_ns;
    std::int64_t sent_ns;
    std::uint32_t id;
    std::uint32_t row;
    std::uint32_t request;
    std::uint16_t connection;
    bool open = false;
  };
  static constexpr std::uint32_t kFlights = 1u << 20;
  static constexpr std::uint64_t kInFlightMax = 1'000'000;

  // A connection of a closed loop that is opened again, and how many requests it then carries.
  struct Revival {
    std::int64_t at_ns;
    Connection* connection;
    int requests;
  };

  bool sending() const noexcept { return now_ < end_ns_; }
  bool in_window(std::int64_t ns) const noexcept { return ns >= window_ns_ && ns < end_ns_; }
  bool http() const noexcept { return options_.transport == TransportKind::http; }
  bool revives() const noexcept { return http() && rows_.has_value(); }
  bool in_order() const noexcept;
  Flight& flight(std::uint32_t id) noexcept { return flights_[id % kFlights]; }

  // run.cc: what is sent, and when
  void start_closed();
  void send_due();
  Due come_due(std::int64_t due_ns);
  void hold(const Due& due);
  void fill_window(Connection& connection);
  bool queues() const noexcept;
  bool has_place() noexcept;
  void enqueue(Connection& connection, const Due& due);
  void enqueue_next(Connection& connection);
  void close_list(Connection& connection);
  void flush_dirty();
  void flush(Connection& connection);
  void watch(Connection& connection, int operation, bool writable);
  void wait();
  std::int64_t sleep_ns() const;
  void look_around();
  void note_lag(std::int64_t lag_ns);

  // receive.cc: what comes back, and what never does
  void serve(const epoll_event& event);
  std::size_t take_frames(Connection& connection, std::string_view stream);
  void take_message(Connection& connection, std::string_view message);
  std::size_t take_responses(Connection& connection, std::string_view stream, bool ended);
  void note_complaint(const Reply& reply, std::string_view text, int status = 0);
  void settle(Connection& connection, const Reply& reply);
  void check(const Flight& flight, const Reply& reply);
  void give_up(const Flight& flight);
  void drop(Connection& connection);
  void fail_requests(Connection& connection);
  void revive();
  void finish();
  void never_sent(const Due& due);

  const Options& options_;
  const Requests requests_;
  const Plan plan_;
  const Address address_;
  Tally tally_;
  std::optional<Rows> rows_;
  int epoll_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Flight> flights_;
  std::uint32_t next_ = 0;   // an id is kIdFirst + next_ % kIdSpan
  std::uint64_t place_ = 0;  // requests that have come due

  std::int64_t now_ = 0;  // when the current batch of events was noticed
  std::int64_t start_ns_ = 0;
  std::int64_t window_ns_ = 0;
  std::int64_t end_ns_ = 0;
  std::uint64_t in_flight_ = 0;
  std::size_t open_connections_ = 0;

  std::optional<Arrivals> arrivals_;     // open loop
  std::size_t turn_ = 0;                 // open loop, WebSocket: whose turn it is
  std::vector<Connection*> free_;        // open loop, HTTP: connections without a request
  std::deque<Due> waiting_;              // open loop, HTTP: due, and no connection free
  std::deque<Revival> revivals_;         // closed loop, HTTP
  std::uint64_t queued_ = 0;             // due, and waiting for their connections' windows
  std::vector<Connection*> dirty_;       // with requests to flush
  Progress progress_;
  std::int64_t progress_ns_ = 0;         // when the last stretch ended
};
