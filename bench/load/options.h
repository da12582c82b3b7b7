#pragma once

#include <cstdint>
#include <string>
#include <vector>

enum class TransportKind { websocket, http };
// `kserve` is HTTP alone: JSON with binary tensors behind it, both ways. `marks` knows no protocol:
// what a reply says is told by texts in it.
enum class WireKind { msgpack, json, kserve, marks };
enum class LoopKind { closed, open };
enum class ArrivalKind { poisson, constant };

// What one run does. `--help` prints the table in options.cc.
struct Options {
  std::string host = "127.0.0.1";
  int port = 0;
  TransportKind transport = TransportKind::websocket;
  WireKind wire = WireKind::msgpack;
  std::string path = "/ws";
  std::string subprotocol;  // asked for in the handshake, and must be granted
  std::string header;       // HTTP: one more line of every request's head; else of the handshake's
  std::string requests;     // the file of requests: requests.h
  bool whole = false;       // HTTP: the file's payloads are requests with their heads
  bool text = true;         // marks on WebSocket: messages are text
  std::string id_after;     // marks: what stands before the id; empty: replies come in order
  std::string shed_mark;    // marks: a reply with it was shed
  std::string failed_mark;  // marks: a reply with it has failed
  std::string ok_mark;      // marks: a reply without it has failed, where it is not empty
  std::vector<int> shed_status = {429, 503};
  LoopKind loop = LoopKind::closed;
  int connections = 64;
  int depth = 1;  // closed loop: requests that a connection keeps in flight
  int concurrency = 0;  // closed loop: in flight over all connections, in place of `depth`; 0 is not
  std::uint64_t requests_max = 0;  // closed loop: ends when so many are sent; 0 is no limit
  int lists = 0;  // msgpack on WebSocket: as many requests in one message at most; 0 is no lists
  double rate = 10'000;
  int window = 0;          // open loop, WebSocket: a connection's unanswered at most; 0 is no limit
  double patience_ms = 50;  // with a window: what has waited longer for one is not sent at all
  double deadline_ms = 0;   // an answer after this long from due is not in time; 0 is always
  ArrivalKind arrivals = ArrivalKind::poisson;
  std::uint64_t seed = 1;
  double seconds = 3;
  double warm_seconds = 1;
  double drain_seconds = 5;  // wait for the last answers; what comes later counts as unanswered
  int spin_us = 60;          // before a request is due, for sleeps end late; 0 never takes a core from the server
  int check_every = 16;      // one reply in so many is compared with the expected answer
  double lag_us_max = 1000;  // a generator whose own p99 lag is above this says `late`
  std::string plan;          // file: when, which and of what kind requests are (plan.h)
  std::string rows;          // file that a row a request is written to (rows.h)
  double progress_ms = 0;    // a line of JSON in so many; 0 is none
};

// Ends the process with a message when an argument is unknown or out of its range.
Options read_options(int count, char** words);

// Ends the process: a load run that can't be done as asked has no result.
[[noreturn]] void fail(const std::string& why);
