#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "options.h"

// A request whose time has come: its row, where there are rows, and which it is.
struct Due {
  std::int64_t due_ns;
  std::uint32_t row;
  std::uint32_t request;
};

struct addrinfo;

// Where the server is: the name is looked up once. Ends the process when it has no address.
class Address {
 public:
  explicit Address(const Options& options);
  ~Address();
  Address(const Address&) = delete;
  Address& operator=(const Address&) = delete;

  const addrinfo& first() const noexcept { return *list_; }

 private:
  addrinfo* list_ = nullptr;
};

// One socket with what waits to be sent on it and what has come in part. Made open, and for
// WebSocket upgraded; ends the process when the server refuses.
class Connection {
 public:
  Connection(const Options& options, const Address& address, int number);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int descriptor() const noexcept { return descriptor_; }
  int number() const noexcept { return number_; }
  bool open() const noexcept { return descriptor_ >= 0; }

  // Bytes to be sent by the next `flush`.
  std::string& outgoing() noexcept { return outgoing_; }

  // Sends what the kernel takes. False when the peer is gone.
  [[nodiscard]] bool flush() noexcept;

  // Whether `flush` left bytes behind: call it again when the socket takes more.
  bool blocked() const noexcept { return sent_ < outgoing_.size(); }

  // Receives once. The result holds all bytes not yet consumed and is valid until the next call;
  // `consume` says how many of them were whole messages. `gone` is set when the peer has closed.
  std::string_view receive(bool& gone);
  void consume(std::size_t bytes);

  void close() noexcept;

  // HTTP: opens a closed connection anew, without waiting. Whether the server takes it is found out
  // by `flush` and `receive`.
  void reopen();

  // The run's own, a connection each.
  int in_flight = 0;
  std::deque<Due> waiting;            // requests that the window has no room for
  std::deque<std::uint32_t> order;    // ids in the order in which answers must come, where they must
  std::string fragments;              // of a message whose last frame has not come
  bool idle = false;                  // open loop, HTTP: it is in the list of those without a request
  bool closing = false;               // HTTP: the server has said that it closes
  std::vector<std::uint32_t> unsent;  // ids put into `outgoing` since the last flush
  bool writable_wanted = false;
  std::string list;  // requests that leave in one message
  int listed = 0;

 private:
  void upgrade(const Options& options);

  const addrinfo* address_ = nullptr;  // that took the connection
  int descriptor_;
  int number_;
  std::string outgoing_;
  std::size_t sent_ = 0;
  std::string kept_;  // the start of a message whose rest has not come
  std::string_view received_;
};
