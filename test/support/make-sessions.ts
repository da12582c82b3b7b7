import type { ModelDetails, ModelDirectory, ModelMetadata } from '../../server/catalog/directory.ts';
import { Log } from '../../server/core/log.ts';
import { type SocketParts, SocketSessions } from '../../server/routes/socket.ts';
import { DeskDoor } from '../../server/routes/storefront-door.ts';
import type { SessionLimits } from '../../server/routes/session.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeLane, FakeLanes, type FakeModel } from './fake-lane.ts';
import { FakeStorefront } from './fake-storefront.ts';

/** y = the sum of x, over rows of four floats. */
export const SUM: FakeModel = {
  name: 'sum',
  inputs: [{ name: 'x', datatype: 'FP32', dims: [4] }],
  outputs: [{ name: 'y', datatype: 'FP32', dims: [1] }],
  rowsMax: 8,
  row: ([x], [y]) => {
    const view = new DataView(x!.buffer, x!.byteOffset, x!.byteLength);
    let sum = 0;
    for (let at = 0; at < x!.byteLength; at += 4) sum += view.getFloat32(at, true);
    new DataView(y!.buffer, y!.byteOffset, 4).setFloat32(0, sum, true);
  },
};

export function directoryOf(lanes: FakeLanes): ModelDirectory {
  const metadata = (model: string, version?: string): ModelMetadata => {
    const lane = lanes.lane(model, version);
    const versions = lanes.lanes.filter((one) => one.model === model).map((one) => one.version);
    return {
      name: model,
      versions,
      platform: 'plain',
      maxBatchSize: lane.config.max_batch_size,
      inputs: lane.inputs.map(({ spec }) => spec),
      outputs: lane.outputs.map(({ spec }) => spec),
    };
  };
  return {
    list: () =>
      lanes.lanes
        .map(({ model }) => metadata(model))
        .map(({ name, versions, platform }) => ({ name, versions, platform })),
    metadata,
    ready: () => lanes.lanes.length > 0,
  };
}

export function detailsOf(lanes: FakeLanes): ModelDetails {
  return { config: (model) => lanes.lane(model).config, labels: () => [] };
}

/** Socket sessions over a fake shop and fake models. */
export function makeSessions(
  models: readonly FakeModel[] = [SUM],
  limits: Partial<SessionLimits> = {},
  more: Partial<SocketParts> = {},
) {
  const lanes = new FakeLanes(models.map((model) => new FakeLane(model)));
  const storefront = new FakeStorefront();
  const clock = new FakeClock();
  const logged: string[] = [];
  const answered: string[] = [];
  const sessions = new SocketSessions({
    lanes,
    door: new DeskDoor(storefront, clock),
    directory: directoryOf(lanes),
    details: { labels: () => ['total'] },
    clock,
    version: '0.0.0',
    log: new Log('warn', (line) => logged.push(line)),
    limits: { requestsMax: 16, pushBufferedBytesMax: 1000, ...limits },
    observe: (op, code) => answered.push(`${op} ${code}`),
    ...more,
  });
  return { sessions, lanes, storefront, clock, logged, answered };
}
