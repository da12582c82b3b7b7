#include "options.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace {

struct Row {
  const char* name;
  const char* meaning;
  void (*set)(Options&, const char* word);
};

[[noreturn]] void refuse(std::string_view what, const char* word) {
  fail(std::string(what) + " may not be '" + word + "'");
}

double number(const char* what, const char* word, double least, double most) {
  char* end = nullptr;
  const double value = std::strtod(word, &end);
  if (end == word || *end != '\0' || !(value >= least && value <= most)) refuse(what, word);
  return value;
}

int whole(const char* what, const char* word, int least, int most) {
  return static_cast<int>(number(what, word, least, most));
}

template <typename Kind>
Kind choice(const char* what, const char* word, const char* first, Kind a, const char* second,
            Kind b) {
  if (std::strcmp(word, first) == 0) return a;
  if (std::strcmp(word, second) == 0) return b;
  refuse(what, word);
}

std::vector<int> statuses(const char* word) {
  std::vector<int> list;
  for (const char* at = word; *at != '\0';) {
    char* end = nullptr;
    const long status = std::strtol(at, &end, 10);
    if (end == at || status < 100 || status > 999 || (*end != ',' && *end != '\0')) {
      refuse("shed-status", word);
    }
    list.push_back(static_cast<int>(status));
    at = *end == ',' ? end + 1 : end;
  }
  return list;
}

constexpr Row kRows[] = {
    {"--host", "name or address", [](Options& o, const char* w) { o.host = w; }},
    {"--port", "1..65535",
     [](Options& o, const char* w) { o.port = whole("port", w, 1, 65'535); }},
    {"--transport", "ws | http",
     [](Options& o, const char* w) {
       o.transport = choice("transport", w, "ws", TransportKind::websocket, "http",
                            TransportKind::http);
     }},
    {"--wire", "msgpack | json | kserve | marks",
     [](Options& o, const char* w) {
       o.wire = std::strcmp(w, "kserve") == 0  ? WireKind::kserve
                : std::strcmp(w, "marks") == 0 ? WireKind::marks
                                               : choice("wire", w, "msgpack", WireKind::msgpack,
                                                        "json", WireKind::json);
     }},
    {"--header", "one more line of every HTTP request's head, or of the WebSocket handshake's",
     [](Options& o, const char* w) { o.header = w; }},
    {"--whole", "HTTP: 1 says that the file's payloads are requests with their heads",
     [](Options& o, const char* w) { o.whole = whole("whole", w, 0, 1) == 1; }},
    {"--text", "marks, WebSocket: 1 is text, 0 is binary",
     [](Options& o, const char* w) { o.text = whole("text", w, 0, 1) == 1; }},
    {"--id-after", "marks: what stands before the id in a reply; without it they come in order",
     [](Options& o, const char* w) { o.id_after = w; }},
    {"--shed-mark", "marks: a reply that holds this was shed",
     [](Options& o, const char* w) { o.shed_mark = w; }},
    {"--failed-mark", "marks: a reply that holds this has failed",
     [](Options& o, const char* w) { o.failed_mark = w; }},
    {"--ok-mark", "marks: a reply that does not hold this has failed",
     [](Options& o, const char* w) { o.ok_mark = w; }},
    {"--shed-status", "HTTP: statuses of sheds, with commas between them",
     [](Options& o, const char* w) { o.shed_status = statuses(w); }},
    {"--path", "of the WebSocket or the POST", [](Options& o, const char* w) { o.path = w; }},
    {"--subprotocol", "asked for in the WebSocket handshake",
     [](Options& o, const char* w) { o.subprotocol = w; }},
    {"--requests", "FILE of requests and their answers",
     [](Options& o, const char* w) { o.requests = w; }},
    {"--loop", "closed | open",
     [](Options& o, const char* w) {
       o.loop = choice("loop", w, "closed", LoopKind::closed, "open", LoopKind::open);
     }},
    {"--connections", "1..10000",
     [](Options& o, const char* w) { o.connections = whole("connections", w, 1, 10'000); }},
    {"--depth", "closed loop: 1..1024 requests in flight a connection",
     [](Options& o, const char* w) { o.depth = whole("depth", w, 1, 1024); }},
    {"--concurrency", "closed loop: 1..1000000 in flight over all connections, in place of --depth",
     [](Options& o, const char* w) { o.concurrency = whole("concurrency", w, 0, 1'000'000); }},
    {"--requests-max", "closed loop: ends when so many are sent; 0 is no limit",
     [](Options& o, const char* w) {
       o.requests_max = static_cast<std::uint64_t>(number("requests-max", w, 0, 1e9));
     }},
    {"--rate", "open loop: requests a second",
     [](Options& o, const char* w) { o.rate = number("rate", w, 0.1, 1e7); }},
    {"--lists", "WebSocket, msgpack: 1..256 requests of a turn in one message; 0 is one each",
     [](Options& o, const char* w) { o.lists = whole("lists", w, 0, 256); }},
    {"--window", "open loop: a socket's unanswered requests at most, as the server's credit has it",
     [](Options& o, const char* w) { o.window = whole("window", w, 0, 65'536); }},
    {"--patience-ms", "with a window: what has waited longer for one is not sent",
     [](Options& o, const char* w) { o.patience_ms = number("patience-ms", w, 0, 60'000); }},
    {"--deadline-ms", "an answer later than this from due is not in time",
     [](Options& o, const char* w) { o.deadline_ms = number("deadline-ms", w, 0, 600'000); }},
    {"--arrivals", "open loop: poisson | constant",
     [](Options& o, const char* w) {
       o.arrivals = choice("arrivals", w, "poisson", ArrivalKind::poisson, "constant",
                           ArrivalKind::constant);
     }},
    {"--seed", "of the arrivals",
     [](Options& o, const char* w) {
       o.seed = static_cast<std::uint64_t>(number("seed", w, 0, 9e15));
     }},
    {"--seconds", "that are measured",
     [](Options& o, const char* w) { o.seconds = number("seconds", w, 0.05, 1e6); }},
    {"--warm", "seconds before them",
     [](Options& o, const char* w) { o.warm_seconds = number("warm", w, 0, 3600); }},
    {"--drain", "seconds after them to wait for the last answers",
     [](Options& o, const char* w) { o.drain_seconds = number("drain", w, 0, 600); }},
    {"--spin-us", "spent awake before a request is due; 0 where the server has the core as well",
     [](Options& o, const char* w) { o.spin_us = whole("spin-us", w, 0, 1'000'000); }},
    {"--check-every", "compare one reply in so many",
     [](Options& o, const char* w) { o.check_every = whole("check-every", w, 1, 1'000'000); }},
    {"--lag-us-max", "own p99 lag above which the run says `late`",
     [](Options& o, const char* w) { o.lag_us_max = number("lag-us-max", w, 1, 1e12); }},
    {"--plan", "FILE: when which request is due, in place of --rate and --arrivals",
     [](Options& o, const char* w) { o.plan = w; }},
    {"--rows", "FILE that a row a request is written to; ends early when it lags, or on SIGINT",
     [](Options& o, const char* w) { o.rows = w; }},
    {"--progress-ms", "prints a line of JSON in so many",
     [](Options& o, const char* w) { o.progress_ms = number("progress-ms", w, 0, 3.6e6); }},
};

[[noreturn]] void print_help() {
  std::puts("load: drives a server on WebSocket or HTTP and prints one line of JSON");
  for (const Row& row : kRows) std::printf("  %-14s %s\n", row.name, row.meaning);
  std::exit(0);
}

}  // namespace

Options read_options(int count, char** words) {
  Options options;
  for (int i = 1; i < count; i += 2) {
    if (std::strcmp(words[i], "--help") == 0) print_help();
    const Row* found = nullptr;
    for (const Row& row : kRows) {
      if (std::strcmp(row.name, words[i]) == 0) found = &row;
    }
    if (found == nullptr) fail(std::string("there is no option '") + words[i] + "': see --help");
    if (i + 1 == count) fail(std::string(words[i]) + " needs a value");
    found->set(options, words[i + 1]);
  }
  if (options.port == 0) fail("--port is needed");
  if (options.requests.empty()) fail("--requests is needed");
  const bool planned = !options.plan.empty();
  if (!options.rows.empty() && options.window > 0) fail("--rows knows no --window");
  if (!options.rows.empty() && options.lists > 0) fail("--rows knows no --lists");
  if (planned && options.window > 0) fail("--plan knows no --window");
  if (options.whole && options.transport != TransportKind::http) fail("--whole is of http");
  return options;
}

void fail(const std::string& why) {
  std::fprintf(stderr, "load: %s\n", why.c_str());
  std::exit(2);
}
