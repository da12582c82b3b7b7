#pragma once

#include <cstdint>
#include <string>

#include "histogram.h"
#include "options.h"

// What one run counted. "In the window" is between the end of the warm-up and the end of the run,
// by the time at which a request was due.
struct Tally {
  // The whole run, warm-up and drain included: what the server's CPU time is divided by.
  std::uint64_t sent_total = 0;
  std::uint64_t replies_total = 0;

  // Answers (no sheds, no failures) that came within the window, whenever due: the rate.
  std::uint64_t answered_in_window = 0;
  std::uint64_t in_time_in_window = 0;  // of these, within `--deadline-ms` of due

  // Requests due in the window, by what became of them.
  std::uint64_t answers = 0;
  std::uint64_t sheds = 0;
  std::uint64_t failures = 0;
  std::uint64_t unanswered = 0;
  std::uint64_t held = 0;  // never sent: too long without a window, or a million were unanswered

  std::uint64_t checked = 0;  // answers compared with the expected value, over the whole run
  std::uint64_t wrong = 0;    // of these, farther from it than 1e-4, or without a value
  std::uint64_t broken = 0;   // replies that can't be read, or that answer nothing we asked
  std::uint64_t closed = 0;   // connections that the server closed

  Histogram from_due;   // answer - due: what a user waits, stalls of server and generator included
  Histogram from_send;  // answer - actual send: what a generator that waits its turn would see
  Histogram lag;        // actual send - due: the generator's own doing
  std::uint64_t late_sends = 0;  // with rows: those with more lag than `--lag-us-max`
  bool gave_up = false;          // ended early, as more than 1 % of all that is planned was so late

  double window_s = 0;   // how long the window was: a run may end before its time
  double blocked_s = 0;  // of the window, asleep for want of work
  double cpu_s = 0;      // of the generator's process, over the whole run
  double began_unix_ms = 0;

  std::string complaint;  // the first reply that was no answer and no shed; empty: there was none
};

// One line of JSON about a stretch that has ended, and of the answers that came in it.
struct Progress {
  double at_s = 0;  // since the start
  double length_s = 0;
  std::uint64_t sheds = 0;
  std::uint64_t failures = 0;
  Histogram from_due;
};
void print_progress(const Progress& progress);

// One line of JSON: the options that matter, the counts, and the latencies in microseconds.
void print_report(const Options& options, const Tally& tally);
