/** Customers of a small shop, and models of them learned in a second: what is served must be what they say. */
import { fitNetwork } from '../../models/customers/chances.ts';
import { foldedMembers } from '../../models/customers/hazard/folded.ts';
import { hazardOnnx } from '../../models/customers/hazard/hazard-onnx.ts';
import { hazardSamples, type HazardSamples } from '../../models/customers/hazard/samples.ts';
import { HAZARD_DEFAULTS, hazardsOf } from '../../models/customers/hazard/train.ts';
import { spentWithin, windowSamples } from '../../models/customers/horizon.ts';
import { purchaseLogOf, type PurchaseLog } from '../../models/customers/purchases.ts';
import { fitSegments, segmentsOf, segmentsOnnx, type Segments } from '../../models/customers/segments/segments.ts';
import { fitValue, valueOnnx, values } from '../../models/customers/value/network.ts';
import { fitWindow, windowChances, windowOnnx } from '../../models/customers/window-blend.ts';
import { type WrittenConfig, writeModel } from '../../models/recipes/model-folder.ts';
import { Prng } from '../../server/core/prng.ts';
import { BIN_ENDS } from '../../server/customers/survival.ts';
import { HISTORY_CHANNELS, HISTORY_LENGTH, TIMING_FEATURES } from '../../server/customers/timing-inputs.ts';
import type { ShopEvent } from '../../server/wire/schema.ts';

const DAY_MS = 86_400_000;
const SMALL = { epochs: 1, members: 1, state: 4, hidden: 6 };

/** Purchases of `count` customers over `days` up to `endMs`, in order of time; some of them buy once. */
export function customerEvents(count: number, endMs: number, days = 360, seed = 3): ShopEvent[] {
  const prng = new Prng(seed);
  const events: ShopEvent[] = [];
  for (let customer = 0; customer < count; customer += 1) {
    const gap = 8 + prng.below(60);
    let day = prng.below(days - 60);
    for (let n = 0; n < 20 && day < days; n += 1) {
      const atMs = endMs - (days - day) * DAY_MS - prng.below(DAY_MS / 2);
      const items = Array.from({ length: 1 + prng.below(3) }, () => ({
        item: `item-${prng.below(20)}`, quantity: 1 + prng.below(3), price: 5 + prng.below(90),
      }));
      events.push({
        id: `e-${customer}-${n}`, type: 'purchase', atMs, session: `s-${customer}-${n}`,
        customer: `c-${customer}`, items,
      });
      if (customer % 4 === 0) break;
      day += 1 + Math.floor(gap * (0.5 + prng.float()));
    }
  }
  return events.sort((a, b) => a.atMs - b.atMs);
}

/** What the recipes themselves say of every customer, by id. */
export interface Predicted {
  readonly hazards: Float64Array; // [bins]
  readonly silent: number;
  readonly value: number;
  readonly segment: number;
}

export interface SmallShop {
  readonly predicted: ReadonlyMap<string, Predicted>;
  readonly segments: Segments;
}

/** Learns from the events, writes the models into `repository`, and predicts at the end of `landmark`. */
export function writeSmallModels(
  repository: string, events: readonly ShopEvent[], landmark: number,
): SmallShop {
  const log: PurchaseLog = {
    ...purchaseLogOf({ name: 'small', events, timeZone: 'UTC', endMs: 0, leftOut: {} }), lastDay: landmark,
  };
  const network = fitNetwork(log, landmark, { ...HAZARD_DEFAULTS, ...SMALL });
  const silence = fitWindow(log, landmark, 90, network, 1);
  const learning = windowSamples(log, landmark, 90);
  const worth = fitValue(
    learning.features, TIMING_FEATURES.length, spentWithin(log, learning, 90), 1);
  const samples = hazardSamples(log, [landmark], landmark);
  const segments = fitSegments(samples, 1);
  const named = Object.fromEntries(segments.names.flatMap(({ en, zh }, i) => [
    [`segment_${i}`, en], [`segment_${i}_zh`, zh], [`share_${i}`, segments.shares[i] as number]]));
  write(repository, 'timing', BOTH, output('hazard', BIN_ENDS.length), hazardOnnx(foldedMembers(network)));
  write(repository, 'churn', BOTH, output('probability', 1), windowOnnx(silence, 'blend', 'silence'));
  write(repository, 'ltv', [FEATURES], output('value', 1), valueOnnx(worth));
  write(repository, 'segments', [FEATURES], [
    { name: 'segment', data_type: 'TYPE_INT32', dims: [1] }, ...output('distance', segments.k),
  ], segmentsOnnx(segments), named);

  const hazards = hazardsOf(network, samples);
  const buys = windowChances(silence, samples).blend;
  const value = values(worth, samples.features);
  const labels = segmentsOf(segments, samples);
  const bins = BIN_ENDS.length;
  const predicted = new Map(idsOf(log, samples).map((id, row): [string, Predicted] => [id, {
    hazards: hazards.subarray(row * bins, (row + 1) * bins),
    silent: 1 - (buys[row] as number), value: value[row] as number, segment: labels[row] as number,
  }]));
  return { predicted, segments };
}

type Specs = WrittenConfig['input'];
const FEATURES = { name: 'features', data_type: 'TYPE_FP32', dims: [TIMING_FEATURES.length] } as const;
const BOTH: Specs = [
  { name: 'history', data_type: 'TYPE_FP32', dims: [HISTORY_LENGTH, HISTORY_CHANNELS.length] }, FEATURES,
];
const output = (name: string, dim: number): Specs => [{ name, data_type: 'TYPE_FP32', dims: [dim] }];

function write(
  repository: string, name: string, input: Specs, outputs: Specs, model: Uint8Array,
  data: Record<string, string | number> = {},
): void {
  writeModel(repository, {
    name,
    config: { platform: 'onnxruntime_onnx', max_batch_size: 64, input, output: outputs },
    card: {
      name, what: '', trainedOn: 'the events of this shop: a test', madeAt: '', seed: 1, trainSeconds: 0,
      held_out_share: 0, data, split: '', scores: {}, baselines: {},
    },
    files: { 'model.onnx': model },
  });
}

function idsOf({ customers }: PurchaseLog, samples: HazardSamples): string[] {
  return Array.from(samples.customers, (place) => customers[place]!.id);
}
