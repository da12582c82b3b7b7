/**
 * Why a load test has no result: one line for whoever started it. Exit code 2 is a wrong call, 1 a
 * server that cannot be reached, 3 a generator that was too slow.
 */
export class LoadProblem extends Error {
  override readonly name: string = 'LoadProblem';
  constructor(message: string, readonly exitCode: 1 | 2 | 3 = 2) {
    super(message);
  }
}

/** The generator lagged behind its own schedule: what it measured says nothing of the server. */
export class GeneratorLate extends LoadProblem {
  override readonly name = 'GeneratorLate';
  constructor(readonly lagP99Us: number, lagUsMax: number, advice: string) {
    super(
      `the generator lags behind its schedule (p99 ${Math.round(lagP99Us)} us, allowed ` +
        `${Math.round(lagUsMax)}): no result. ${advice}`,
      3,
    );
  }
}
