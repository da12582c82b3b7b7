export const usage = `vitrine bench load -u URL -m MODEL [options]      a model of Vitrine or of any KServe v2 server
vitrine bench load -u URL --template FILE …       any WebSocket or HTTP endpoint
vitrine bench load -u URL --traffic PROFILE | --scenario NAME | --replay FILE …   visitors of a shop:
                                                  'vitrine bench traffic run --help' has the options
  Offers load and says what the server made of it, on two clocks: from when a request was due (what its
  user waits) and from when it left (what perf_analyzer counts). Exit code 3: the generator lagged.

where and what
  -u, --url            ws://, wss://, http://, https:// or HOST:PORT (127.0.0.1:8080)
  -i, --protocol       ws (Vitrine) or http (KServe v2), where the URL does not say: http
  -H, --header         'name: value', of each request or of the handshake; any number of times
  -m, --model-name     -x, --model-version      -b, --batch-size rows of a request (1)
  --input-data         random, zero, or a JSON file as perf_analyzer has it (random)
  --shape NAME:1,2     of an input of any size    --string-length of random texts (128)
  --input-tensor-format, --output-tensor-format   binary or json (binary): over HTTP
  --encoding           msgpack or json (msgpack): over WebSocket
  --deadline-ms, --priority   that requests ask for
  --template FILE      how requests are written and answers known: bench/README.md

how much
  --concurrency-range START:END:STEP      closed loop: so many in flight (1)
  --request-rate-range START:END:STEP     open loop: so many a second, whatever is answered
  --request-distribution   poisson, constant, gamma, bursty, diurnal (poisson)
     --variation V         gamma: deviation of the gaps over their mean (3)
     --burst H:S:SHARE     bursty: H times the mean rate, for S seconds, SHARE of the time (4:0.5:0.1)
     --day-seconds S, --day W,W,…   diurnal: length of a day (the run), weights over it (a sine)
  --request-intervals FILE   gaps in microseconds, a line each
  --trace FILE             times in seconds (or ISO 8601), a line each;  --speed X times as fast (1)
  --connections N          sockets (64; closed loop over HTTP: as many as are in flight)

how long
  -p, --measurement-interval MS   length of a window (5000);  -r, --max-trials N windows at most (10)
  -s, --stability-percentage P    ends when the last three agree in rate and latency within it (10)
  --percentile P           that stability and the objective go by; else mean latency, and 99 %
  --measurement-mode count_windows, --measurement-request-count N   windows of so many requests (50)
  --seconds S, --request-count N  so long, or so many, in place of stability
  --warmup-request-count N        sent before, and not measured
  --warm-up S              left out at the beginning; without it, found by change-point

objective
  -l, --latency-threshold MS   goodput is what is answered in it, from due; a range stops where the
                               percentile does not keep it
  --binary-search          finds the highest rate (or concurrency) of the range that keeps it
  --verify                 and runs that rate for as many queries as MLPerf asks (99 %: 270,336);
     --verify-runs N (1; MLPerf: 5), --verify-seconds S at least (60)

output
  --collect-metrics, --metrics-url URL, --metrics-interval MS (1000)    the server's own, meanwhile
  -f, --latency-report-file CSV    --verbose-csv    --profile-export-file JSON
  --hdr FILE               HdrHistogram log         --html FILE    a page with pictures
  -v, --verbose            a line a window

generator
  --generator              native (C++: Linux), node, or auto (auto)    --core N pins the native one
  --lag-us-max US          own p99 lag above which there is no result (1000)
  --spin-us US             awake before a request is due (60); 0 leaves a shared core to the server
  --drain S                waited for the last answers (5)              --seed N (1)`;
