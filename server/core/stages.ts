import type { Clock } from './clock.ts';

/** A part of a request's time, in microseconds of the clock that its `Stages` go by. */
export interface Stage {
  readonly name: string;
  readonly startUs: number;
  readonly endUs: number;
}

/** What a request's time went into, stage by stage. Made for requests whose spans are kept alone. */
export class Stages {
  readonly list: Stage[] = [];
  /** When the first stage may have begun. */
  readonly fromUs: number;

  constructor(private readonly clock: Clock) {
    this.fromUs = clock.nowUs();
  }

  /** Begins a stage; what it gives ends it. */
  begin(name: string): () => void {
    const startUs = this.clock.nowUs();
    return () => void this.list.push({ name, startUs, endUs: this.clock.nowUs() });
  }

  /** The promise as it is, with its time. */
  async of<T>(name: string, work: Promise<T>): Promise<T> {
    const end = this.begin(name);
    try {
      return await work;
    } finally {
      end();
    }
  }

  /** Stages that somebody else noted, whose clock said `fromUs` when this one did. */
  adopt(stages: readonly Stage[], fromUs: number, hereUs: number): void {
    const offUs = hereUs - fromUs;
    for (const { name, startUs, endUs } of stages) {
      this.list.push({ name, startUs: startUs + offUs, endUs: endUs + offUs });
    }
  }
}
