/** What a plan that does not say otherwise gets. */

/** The generator's own p99 lag may not be above it. */
export const LAG_US_MAX = 1000;

/** Waited for the last answers. */
export const DRAIN_SECONDS = 5;

/** One reply in so many is compared with the answer that is expected of it, to this. */
export const CHECK_EVERY = 16;
export const TOLERANCE_MAX = 1e-4;

/** Ids are of eight digits: from here on, and so many before they come round again. */
export const ID_FIRST = 10_000_000;
export const ID_SPAN = 2 ** 26;
