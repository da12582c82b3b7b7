#include <cinttypes>
#include <cstdio>

#include "clock.h"
#include "tally.h"

namespace {

constexpr std::size_t kComplaintBytesMax = 300;

double us(std::int64_t ns) { return static_cast<double>(ns) / kNsPerUs; }

void print_latency(const char* name, const Histogram& histogram) {
  std::printf(",\"%s\":{\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"p9999\":%.1f,"
              "\"max\":%.1f,\"mean\":%.1f}",
              name, us(histogram.quantile(0.5)), us(histogram.quantile(0.9)),
              us(histogram.quantile(0.99)), us(histogram.quantile(0.999)),
              us(histogram.quantile(0.9999)), us(histogram.max()), histogram.mean() / kNsPerUs);
}

void print_count(const char* name, std::uint64_t count) {
  std::printf(",\"%s\":%" PRIu64, name, count);
}

// The start of a reply, of any bytes, as the inside of a JSON string.
std::string readable(const std::string& reply) {
  std::string text;
  for (const char c : reply.substr(0, kComplaintBytesMax)) {
    if (c == '"' || c == '\\') text += '\\';
    text += c >= ' ' && c <= '~' ? c : '.';
  }
  return text;
}

}  // namespace

void print_report(const Options& options, const Tally& tally) {
  const bool open = options.loop == LoopKind::open;
  const double answered_per_s = static_cast<double>(tally.answered_in_window) / options.seconds;
  const bool late = tally.gave_up || us(tally.lag.quantile(0.99)) > options.lag_us_max;
  std::printf("{\"loop\":\"%s\",\"transport\":\"%s\",\"wire\":\"%s\",\"connections\":%d",
              open ? "open" : "closed",
              options.transport == TransportKind::http ? "http" : "ws",
              options.wire == WireKind::msgpack ? "msgpack"
              : options.wire == WireKind::json  ? "json"
              : options.wire == WireKind::marks ? "marks"
                                                : "kserve",
              options.connections);
  if (open) {
    std::printf(",\"arrivals\":\"%s\",\"seed\":%" PRIu64 ",\"rate\":%.1f",
                options.arrivals == ArrivalKind::poisson ? "poisson" : "constant", options.seed,
                options.rate);
  } else {
    std::printf(",\"depth\":%d", options.depth);
  }
  std::printf(",\"seconds\":%.3f,\"answered_per_s\":%.1f", options.seconds, answered_per_s);
  std::printf(",\"in_time_per_s\":%.1f",
              static_cast<double>(tally.in_time_in_window) / options.seconds);
  print_count("sent_total", tally.sent_total);
  print_count("replies_total", tally.replies_total);
  print_count("answers", tally.answers);
  print_count("sheds", tally.sheds);
  print_count("failures", tally.failures);
  print_count("unanswered", tally.unanswered);
  print_count("held", tally.held);
  print_count("checked", tally.checked);
  print_count("wrong", tally.wrong);
  print_count("broken", tally.broken);
  print_count("closed", tally.closed);
  print_latency("from_due_us", tally.from_due);
  print_latency("from_send_us", tally.from_send);
  print_latency("lag_us", tally.lag);
  const double replies = static_cast<double>(tally.replies_total);
  std::printf(",\"cpu_s\":%.6f,\"began_unix_ms\":%.3f", tally.cpu_s, tally.began_unix_ms);
  if (!tally.complaint.empty()) std::printf(",\"complaint\":\"%s\"", readable(tally.complaint).c_str());
  std::printf(",\"late\":%s,\"busy\":%.3f,\"own_cpu_us\":%.3f}\n", late ? "true" : "false",
              tally.window_s > 0 ? 1 - tally.blocked_s / tally.window_s : 0.0,
              replies == 0 ? 0.0 : tally.cpu_s * 1e6 / replies);
}

void print_progress(const Progress& progress) {
  const Histogram& from_due = progress.from_due;
  std::printf("{\"at\":%.6f,\"answered_per_s\":%.3f", progress.at_s,
              static_cast<double>(from_due.count()) / progress.length_s);
  print_count("sheds", progress.sheds);
  print_count("failures", progress.failures);
  std::printf(",\"mean_us\":%.1f,\"p50_us\":%.1f,\"p90_us\":%.1f,\"p95_us\":%.1f,\"p99_us\":%.1f}\n",
              from_due.mean() / kNsPerUs, us(from_due.quantile(0.5)), us(from_due.quantile(0.9)),
              us(from_due.quantile(0.95)), us(from_due.quantile(0.99)));
  std::fflush(stdout);
}
