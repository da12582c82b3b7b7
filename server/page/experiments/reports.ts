/** What `/v1/experiments` answers, as far as this page reads it. */
export interface Bounds {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface Point {
  readonly at: string;
  readonly units: number;
  readonly bounds: readonly (Bounds | null)[]; // of each comparison
}

export interface Comparison extends Partial<Bounds> {
  readonly arm: string;
  readonly control: string;
  readonly metric: string;
  readonly verdict: 'better' | 'worse' | 'open';
  readonly p?: number;
  readonly decided: { readonly verdict: 'better' | 'worse'; readonly at: string; readonly units: number } | null;
}

export interface ArmResult extends Partial<Bounds> {
  readonly name: string;
  readonly units: number;
  readonly clicked: number;
  readonly carted: number;
  readonly bought: number;
  readonly revenue: number;
}

export interface Report {
  readonly name: string;
  readonly kind: 'ab' | 'interleave' | 'explore';
  readonly state: string;
  readonly unit: string;
  readonly metric: string;
  readonly units: number;
  readonly arms: readonly ArmResult[];
  readonly comparisons: readonly Comparison[];
  readonly warnings: readonly string[];
  readonly history: readonly Point[];
  readonly votes?: { readonly first: number; readonly second: number; readonly ties: number; readonly answers: number };
  readonly exploration?: { readonly slots: number; readonly click: number; readonly cart: number;
    readonly purchase: number; readonly items: number };
}

/** A header that the server wants with such requests (`VITRINE_RESTRICTED_API`). */
export interface Key {
  readonly header: string;
  readonly value: string;
}

export class KeyWanted extends Error {}

/** Every experiment's results. Fails with `KeyWanted` where the key is missing or wrong. */
export async function loadReports(key: Key | null): Promise<Report[]> {
  const { running } = await load('/v1/experiments', key) as { running?: readonly { name: string }[] };
  return Promise.all((running ?? []).map(({ name }) =>
    load(`/v1/experiments/${name}`, key) as Promise<Report>));
}

async function load(path: string, key: Key | null): Promise<unknown> {
  const reply = await fetch(path, key ? { headers: { [key.header]: key.value } } : {});
  if (reply.status === 403) throw new KeyWanted();
  const body = await reply.json() as { error?: string };
  if (!reply.ok) throw new Error(body.error ?? `status ${reply.status}`);
  return body;
}
