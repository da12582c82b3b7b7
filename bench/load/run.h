#pragma once

#include <sys/epoll.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "arrivals.h"
#include "connection.h"
#include "options.h"
#include "reply.h"
#include "requests.h"
#include "tally.h"

// One run on one thread. A closed loop keeps `depth` requests in flight on each connection; an
// open loop sends what is due, whatever has been answered. In an open loop a WebSocket carries any
// number of requests, or its window's, and takes its turn; an HTTP connection carries one. What is
// due waits for a connection with room, which counts into its latency.
class Run {
 public:
  explicit Run(const Options& options);
  ~Run();

  // Warm-up, window and drain.
  Tally measure();

 private:
  // A request that was sent, at the place `id % kFlights`.
  struct Flight {
    std::int64_t due_ns;
    std::int64_t sent_ns;
    std::uint32_t id;
    std::uint16_t request;
    std::uint16_t connection;
    bool open = false;
  };
  static constexpr std::uint32_t kFlights = 1u << 20;

  bool sending() const noexcept { return now_ < end_ns_; }
  bool in_window(std::int64_t ns) const noexcept { return ns >= window_ns_ && ns < end_ns_; }
  Flight& flight(std::uint32_t id) noexcept { return flights_[id % kFlights]; }

  void start_closed();
  void send_due();
  void fill_window(Connection& connection);
  bool queues() const noexcept;
  bool has_place() noexcept;
  void enqueue(Connection& connection, std::int64_t due_ns);
  void close_list(Connection& connection);
  void flush_dirty();
  void flush(Connection& connection);
  void watch_writable(Connection& connection, bool wanted);

  void wait();
  std::int64_t sleep_ns() const;
  void serve(const epoll_event& event);
  std::size_t take_messages(Connection& connection, std::string_view stream);
  std::size_t take_frames(Connection& connection, std::string_view stream);
  std::size_t take_responses(Connection& connection, std::string_view stream);
  void settle(Connection& connection, const Reply& reply);
  void check(const Flight& flight, const Reply& reply);
  void give_up(const Flight& flight);
  void drop(Connection& connection);
  void finish();
  void never_sent(std::int64_t due_ns);

  const Options& options_;
  const Requests requests_;
  Tally tally_;
  int epoll_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Flight> flights_;
  std::uint32_t next_ = 0;  // requests made so far; an id is kIdFirst + next_ % kIdSpan

  std::int64_t now_ = 0;  // when the current batch of events was noticed
  std::int64_t window_ns_ = 0;
  std::int64_t end_ns_ = 0;
  std::uint64_t in_flight_ = 0;
  std::size_t open_connections_ = 0;

  std::unique_ptr<Arrivals> arrivals_;       // open loop
  std::size_t turn_ = 0;                     // open loop, WebSocket: whose turn it is
  std::vector<Connection*> free_;            // open loop, HTTP: connections without a request
  std::deque<std::int64_t> waiting_;         // open loop, HTTP: due, and no connection free
  std::uint64_t queued_ = 0;                 // due, and waiting for their connections' windows
  std::vector<Connection*> dirty_;           // with requests to flush
};
