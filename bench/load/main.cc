// A load generator for inference servers on WebSocket or HTTP: one thread, epoll, no dependency.
// What it measures, and why its numbers can be believed: ../README.md.
#include "options.h"
#include "run.h"
#include "tally.h"

int main(int count, char** words) {
  const Options options = read_options(count, words);
  Run run(options);
  print_report(options, run.measure());
  return 0;
}
