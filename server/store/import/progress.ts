export interface Progress {
  readonly events: number; // so far, in this run
  readonly seconds: number;
  readonly done: number; // of `all`, in whatever unit
  readonly all: number;
  readonly before: number; // of `done`, that an earlier run did
}

/** One line: the share, the events, their rate, and the time that is left at this pace. Pure. */
export function progressText({ events, seconds, done, all, before }: Progress): string {
  const share = all > 0 ? Math.min(1, done / all) : 1;
  const pace = seconds > 0 ? (done - before) / seconds : 0;
  const left = pace > 0 ? `${Math.ceil((all - done) / pace)} s left` : 'time left unknown';
  const rate = seconds > 0 ? Math.round(events / seconds) : 0;
  const number = (value: number): string => value.toLocaleString('en');
  return `${(share * 100).toFixed(0)} %: ${number(events)} events, ${number(rate)}/s, ${left}`;
}
