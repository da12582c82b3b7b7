/** Limits on what a config may ask for. */
export const CONFIG_LIMITS = {
  nameMax: 128, // characters of a model's or tensor's name
  batchMax: 1024, // rows in one run
  batchSizesMax: 64, // preferred, and allowed
  priorityLevelsMax: 64,
  sequencesMax: 1_048_576, // that have a state at once
  sequenceIdleUsMax: 86_400_000_000,
  stepsMax: 64, // of an ensemble
  tensorsMax: 64, // inputs, and outputs
  rankMax: 8,
  queueMax: 1_048_576, // rows that may wait
  queueDelayUsMax: 1_000_000,
  timeoutUsMax: 600_000_000,
  instancesMax: 256,
  ttlSecondsMax: 31_536_000, // of answers that are kept: a year
  warmupsMax: 64, // requests before a model is ready
  warmupRunsMax: 10_000, // of one of them
  warmupBytesMax: 67_108_864, // of one of its inputs
  slabBytesMax: 1_073_741_824, // of the rows that wait
} as const;
