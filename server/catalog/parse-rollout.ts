import type { RolloutConfig } from './model-config.ts';
import type { Node } from './node.ts';

const FIELDS = [
  'stable', 'candidate', 'mode', 'share', 'key', 'alpha', 'slower_max', 'error_margin',
  'disagreement_max', 'tolerance', 'requests_min',
];

/** `rollout`, where there is one. Whether its versions are served is seen when they are known. */
export function parseRollout(node: Node): RolloutConfig {
  const fields = node.fields(FIELDS);
  const version = (name: string): number => fields.at(name).integer(1, Number.MAX_SAFE_INTEGER);
  const share = (name: string, otherwise: number): number =>
    fields.at(name).optional(otherwise, (each) => each.number(0, 1));
  const [stable, candidate] = [version('stable'), version('candidate')];
  if (stable === candidate) fields.at('candidate').fail('must be another version than stable');
  return {
    stable,
    candidate,
    mode: fields.at('mode').oneOf(['canary', 'shadow'] as const),
    share: fields.at('share').number(0, 1),
    key: fields.at('key').optional('', (each) => each.text(128)),
    alpha: fields.at('alpha').optional(0.05, (each) => each.number(0.000_001, 0.5)),
    slower_max: fields.at('slower_max').optional(1.2, (each) => each.number(1, 100)),
    error_margin: share('error_margin', 0),
    disagreement_max: share('disagreement_max', 0.01),
    tolerance: share('tolerance', 0.001),
    requests_min: fields.at('requests_min').optional(100, (each) => each.integer(10, 1_000_000)),
  };
}
