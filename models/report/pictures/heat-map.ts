import { bar, picture, text } from '../../../server/core/svg.ts';

const [CELL, HIGH, LEFT, TOP, BOTTOM] = [52, 26, 130, 24, 40];

/** Rows of shares (0..1, or null for what is still to grow); darker is more. Each cell says its share. */
export function heatMap(
  title: string, axis: string,
  rows: readonly { readonly name: string; readonly shares: readonly (number | null)[] }[],
): string {
  const columns = Math.max(...rows.map(({ shares }) => shares.length));
  const most = Math.max(0.01, ...rows.flatMap(({ shares }) => shares.slice(1).map((one) => one ?? 0)));
  const [width, height] = [LEFT + columns * CELL + 16, TOP + rows.length * HIGH + BOTTOM];
  return picture(width, height, title, [
    ...Array.from({ length: columns }, (_, at) =>
      text(LEFT + (at + 0.5) * CELL, TOP - 8, String(at), { anchor: 'middle', fill: '#666666' })),
    ...rows.flatMap(({ name, shares }, row) => [
      text(LEFT - 10, TOP + row * HIGH + 17, name, { anchor: 'end' }),
      ...shares.map((share, at) => cell(LEFT + at * CELL, TOP + row * HIGH, share, at === 0 ? 1 : most)),
    ]),
    text(LEFT, height - 12, axis, { fill: '#666666' }),
  ]);
}

function cell(x: number, y: number, share: number | null, most: number): string {
  if (share === null) return text(x + CELL / 2, y + 17, '…', { anchor: 'middle', fill: '#999999' });
  const depth = Math.min(1, share / most);
  const said = `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)}%`;
  return bar(x + 1, y + 1, CELL - 2, HIGH - 2, shade(depth), said) +
    text(x + CELL / 2, y + 17, said,
      { anchor: 'middle', size: 11, fill: depth > 0.55 ? '#ffffff' : '#333333' });
}

/** From nearly white to the blue of the other pictures. */
function shade(depth: number): string {
  const mix = (from: number, to: number): string =>
    Math.round(from + (to - from) * depth).toString(16).padStart(2, '0');
  return `#${mix(0xf2, 0x00)}${mix(0xf6, 0x72)}${mix(0xfa, 0xb2)}`;
}
