/** What can be chosen for one model and the server under it. */
export interface Setting {
  readonly placement: 'inline' | 'pool';
  /** Pool threads that may run the model at once (`instance_group.count`); 0 inline. */
  readonly instances: number;
  /** Pool threads of the server (`VITRINE_WORKERS`); 0 inline. */
  readonly workers: number;
  /** Threads with sockets (`VITRINE_FRONT_ENDS`). */
  readonly frontEnds: number;
  readonly maxBatch: number;
  /** Longest wait of the oldest row for others to join, while a worker is idle. */
  readonly delayUs: number;
}

/** `inline, 2 front ends, batches to 64`. */
export function settingText(setting: Setting): string {
  const { placement, instances, frontEnds, maxBatch, delayUs } = setting;
  return [
    placement === 'inline' ? 'inline' : `pool, ${count(instances, 'instance')}`,
    ...(frontEnds > 1 ? [count(frontEnds, 'front end')] : []),
    `batches to ${maxBatch}`,
    ...(delayUs > 0 ? [`delay ${delayUs} us`] : []),
  ].join(', ');
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

/** The model's `config.json` with the setting in it; all else stays as it stands there. */
export function configured(
  config: Readonly<Record<string, unknown>>, setting: Setting,
): Record<string, unknown> {
  const part = (name: string) => (config[name] ?? {}) as Record<string, unknown>;
  const { preferred_batch_size: _, ...batching } = part('dynamic_batching');
  const batches = config['max_batch_size'] !== 0 && config['max_batch_size'] !== undefined;
  return {
    ...config,
    ...(batches && { max_batch_size: setting.maxBatch }),
    instance_group: [{ ...groupOf(config), count: setting.instances }],
    dynamic_batching: { ...batching, max_queue_delay_microseconds: setting.delayUs },
    parameters: { ...part('parameters'), placement: setting.placement },
  };
}

/** What the model's first group says beside its count, such as what it shares with other models. */
function groupOf({ instance_group: groups }: Readonly<Record<string, unknown>>): object {
  return ((Array.isArray(groups) ? groups[0] : groups) ?? {}) as object;
}

/** The server's environment for it. */
export function environment(setting: Setting): Record<string, string> {
  return {
    VITRINE_WORKERS: String(Math.max(1, setting.workers)),
    VITRINE_FRONT_ENDS: String(setting.frontEnds),
  };
}
