/** The few shapes that a picture is made of, as SVG text. Places in pixels, y downwards. */

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

/** A rectangle of `colour`; a `title` is shown by browsers when the pointer rests on it. */
export function bar(
  x: number, y: number, width: number, height: number, colour: string, title = '',
): string {
  const at = `x="${px(x)}" y="${px(y)}" width="${px(Math.max(0, width))}" height="${px(height)}"`;
  const told = title === '' ? '' : `<title>${escaped(title)}</title>`;
  return `<rect ${at} rx="2" fill="${colour}">${told}</rect>`;
}

/** Fonts that have Chinese, too, where there are any. */
const FONTS = "system-ui, 'Segoe UI', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif";

/** A whole picture, `title` also for those who cannot see it. */
export function picture(width: number, height: number, title: string, body: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" ` +
    `height="${height}" role="img" font-family="${FONTS}" font-size="12">` +
    `<title>${escaped(title)}</title><rect width="${width}" height="${height}" fill="#ffffff"/>` +
    `${body.join('')}</svg>\n`;
}

/** Round numbers from `low` to `high`, about `count` of them: steps of 1, 2 or 5 times a power of ten. */
export function niceTicks(low: number, high: number, count: number): number[] {
  const span = high - low;
  if (!(span > 0)) return [low];
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((times) => times * power >= rough) as number);
  const ticks: number[] = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i += 1) {
    ticks.push(Number((i * step).toPrecision(12)));
  }
  return ticks;
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
