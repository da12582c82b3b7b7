/** The few shapes that a plot is made of, as SVG text. Places in pixels, y downwards. */

export type Mark = 'circle' | 'square' | 'triangle' | 'diamond';

interface TextLook {
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly size?: number;
  readonly weight?: number;
  readonly fill?: string;
  readonly turned?: boolean; // reads upwards
}

export function text(x: number, y: number, words: string, look: TextLook = {}): string {
  const { anchor = 'start', size, weight, fill = '#333333', turned } = look;
  const upwards = `transform="translate(${px(x)},${px(y)}) rotate(-90)"`;
  const place = turned ? upwards : `x="${px(x)}" y="${px(y)}"`;
  const font = (size ? ` font-size="${size}"` : '') + (weight ? ` font-weight="${weight}"` : '');
  return `<text ${place} text-anchor="${anchor}" fill="${fill}"${font}>${escaped(words)}</text>`;
}

type Place = readonly [number, number];

export function line(points: readonly Place[], colour: string, width = 1, dash = ''): string {
  const at = points.map(([x, y]) => `${px(x)},${px(y)}`).join(' ');
  const dashes = dash ? ` stroke-dasharray="${dash}"` : '';
  const paint = `fill="none" stroke="${colour}" stroke-width="${width}"${dashes}`;
  return `<polyline points="${at}" ${paint} stroke-linejoin="round"/>`;
}

/** A filled shape with a white rim, so that it stays a shape on a crossing. */
export function mark(shape: Mark, x: number, y: number, radius: number, colour: string): string {
  const paint = `fill="${colour}" stroke="#ffffff" stroke-width="0.8"`;
  if (shape === 'circle') return `<circle cx="${px(x)}" cy="${px(y)}" r="${radius}" ${paint}/>`;
  const corners: Record<Exclude<Mark, 'circle'>, readonly Place[]> = {
    square: [[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]],
    triangle: [[0, -1.2], [1.1, 0.9], [-1.1, 0.9]],
    diamond: [[0, -1.3], [1.2, 0], [0, 1.3], [-1.2, 0]],
  };
  const points = corners[shape].map(([dx, dy]) => `${px(x + dx * radius)},${px(y + dy * radius)}`);
  return `<polygon points="${points.join(' ')}" ${paint}/>`;
}

/** The left and lower edge of a panel. */
export function axis(width: number, height: number): string {
  return line([[0, 0], [0, height], [width, height]], '#888888');
}

/**
 * Gridlines of a logarithmic axis between two powers of ten: 1, 2 and 5 of each decade are labelled
 * where the axis spans less than two decades, else the decades alone.
 */
export function logTicks(low: number, high: number): { value: number; label: string }[] {
  const labelled = high - low < 2 ? [1, 2, 5] : [1];
  const ticks: { value: number; label: string }[] = [];
  for (let decade = Math.floor(low); decade <= high; decade += 1) {
    for (let times = 1; times <= 9; times += 1) {
      const value = times * 10 ** decade;
      if (Math.log10(value) < low || Math.log10(value) > high) continue;
      ticks.push({ value, label: labelled.includes(times) ? shortNumber(value) : '' });
    }
  }
  return ticks;
}

/**
 * Places near the wanted ones, in the same order, at least `apart` from each other and between `low`
 * and `high` as far as they fit.
 */
export function spacedApart(
  wanted: readonly number[], apart: number, low: number, high: number,
): number[] {
  const order = wanted.map((_, at) => at).sort((a, b) => (wanted[a] as number) - (wanted[b] as number));
  const places = [...wanted];
  let least = low;
  for (const at of order) {
    places[at] = Math.max(places[at] as number, least);
    least = (places[at] as number) + apart;
  }
  let most = high;
  for (const at of order.reverse()) {
    places[at] = Math.min(places[at] as number, most);
    most = (places[at] as number) - apart;
  }
  return places;
}

/** 20000 is `20k`. */
export function shortNumber(value: number): string {
  if (value >= 1e6) return `${value / 1e6}M`;
  return value >= 1000 ? `${value / 1000}k` : String(value);
}

export function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}
