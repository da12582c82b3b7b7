/** What the storefront holds in memory at most. What does not fit makes room for what is newer. */
export const STOREFRONT_LIMITS = {
  sessionsMax: 100_000, // live sessions
  eventsMax: 1_000_000, // of all live sessions together; about 0.5 KB each
  sessionEventsMax: 500, // newest events of one session: its features, and what it has seen
  queryItemsMax: 50, // newest items of a session that retrieval looks at
  customersMax: 500_000, // what they bought is known; about 1.6 KB each
  historyCustomersMax: 200_000, // whose purchases and histories sources of `retrieval/` hold
  customerItemsMax: 20, // newest items of one customer
  visitorsMax: 500_000, // whose they are is known; about 0.2 KB each
  visitorEventsMax: 200, // newest events of one that nobody is credited with yet
  heldEventsMax: 200_000, // of all visitors together
  robotViewsMax: 120, // items that a person looks at in a minute
  robotMinuteMs: 60_000,
  robotDwellMs: 500, // a view that the next one follows sooner has not been looked at
  robotRunMax: 30, // so many of them in a row are a program's
  answersMax: 65_536, // answers whose attribution is still understood, and clicks on them
  attributionMsMax: 86_400_000, // from a click to the purchase that it is credited with
  subscriptionsMax: 65_536,
  showingsMax: 65_536, // visitors of whom it is known what they were shown, for rotation,
  shownItemsMax: 256, // and newest items of each
  coldItemsMax: 100_000, // items nothing was learned of, whose neighbours in sessions are known
  textItemsMax: 50_000, // items whose texts are compared, newest first; 1.3 KB each
  coVisitsMax: 16, // newest neighbours of each
  lateMsMax: 86_400_000, // a session that has been over for longer is not kept over a restart
  snapshotEventsMin: 20_000, // new events that are worth a snapshot: they are played in 0.1 s
  clockSkewMsMax: 86_400_000, // an event may lie in the future: shops' clocks and zones are wrong
  tastesMax: 4096, // lists of items that requests named, whose taste is remembered
  tasteMsMax: 50, // the encoder's part of an answer; without it the answer is still a good one
} as const;
