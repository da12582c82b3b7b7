import { Log } from '../../server/core/log.ts';
import { RequestTracing } from '../../server/observe/request-tracing.ts';
import { Tracer } from '../../server/observe/tracer.ts';
import type { KserveParts } from '../../server/routes/kserve.ts';
import type { FakeClock } from './fake-clock.ts';
import type { FakeLanes } from './fake-lane.ts';
import { FakeRepository } from './fake-repository.ts';
import { detailsOf, directoryOf } from './make-sessions.ts';

const log = new Log('warn', () => {});

/** What the routes of KServe v2 need, over fake models. */
export function kservePartsOf(lanes: FakeLanes, clock: FakeClock): KserveParts {
  return {
    lanes, clock,
    inference: lanes,
    directory: directoryOf(lanes),
    details: detailsOf(lanes),
    stats: () => [],
    repository: new FakeRepository(),
    control: true,
    tracer: new Tracer('', log),
    tracing: new RequestTracing(clock),
    log,
    version: '1.2.3',
    bodyBytesMax: 100_000,
  };
}
