import type { Draw } from '../picture.ts';
import type { Palette } from './palette.ts';
import { box, circle, hands, line, shape, ticks } from './shapes.ts';

/** Field, dress, dive and digital watch, lying flat. */
export const drawWatch: Draw = (kind, p, prng) => {
  const minutes = prng.below(720);
  if (kind === 0) {
    return strap(p.main, p.dark, 62) + stitches(p.light) + body(p.metal, p.metalDark, 96) +
      circle(200, 200, 82, p.ink) + ticks(200, 200, 76, 60, p.metalDark) +
      ticks(200, 200, 76, 12, p.paper) + numerals(p.paper) +
      hands(200, 200, 74, minutes, p.paper, p.accent);
  }
  if (kind === 1) {
    return strap(p.main, p.dark, 48) + stitches(p.deep) + body('#d8b878', '#a5874e', 88) +
      circle(200, 200, 80, p.paper) + ticks(200, 200, 72, 12, '#a5874e') +
      circle(200, 238, 17, '#ece4d4') + line('M200 238L208 230', p.ink, 2) +
      hands(200, 200, 68, minutes, p.ink, '#a5874e');
  }
  if (kind === 2) {
    return strap(p.ink, '#15161b', 64) + ribs(p) + body(p.metal, p.metalDark, 104) +
      circle(200, 200, 98, p.main) + ticks(200, 200, 94, 12, p.paper) +
      circle(200, 200, 74, p.deep) + dots(p.paper) +
      hands(200, 200, 68, minutes, p.paper, p.accent) +
      shape('M200 102L192 116H208Z', p.paper);
  }
  const hour = String(1 + prng.below(12)).padStart(2, '0');
  const minute = String(prng.below(60)).padStart(2, '0');
  return strap(p.main, p.dark, 58) + ribs(p) +
    box(108, 116, 192, 176, 34, '#1f2128') + box(104, 110, 192, 176, 34, p.dark) +
    box(110, 116, 180, 164, 30, p.main) + box(126, 136, 148, 124, 14, p.ink) +
    box(134, 144, 132, 108, 8, '#c9d3bd') +
    `<text x="200" y="212" font-family="ui-monospace,monospace" font-size="42" font-weight="700" ` +
    `text-anchor="middle" fill="${p.ink}">${hour}:${minute}</text>` +
    line('M150 232H178M188 232H214', p.ink, 5) + box(298, 170, 12, 22, 4, p.accent) +
    box(298, 206, 12, 22, 4, p.metalDark);
};

function strap(main: string, dark: string, width: number): string {
  const left = 200 - width;
  const right = 200 + width;
  return shape(`M${left + 10} 0H${right - 10}L${right} 140H${left}Z`, main) +
    shape(`M${left} 260H${right}L${right - 10} 400H${left + 10}Z`, main) +
    shape(`M${right - 26} 0H${right - 10}L${right} 140H${right - 20}Z`, dark, 'opacity="0.6"') +
    shape(`M${right - 20} 260H${right}L${right - 10} 400H${right - 26}Z`, dark, 'opacity="0.6"');
}

function body(metal: string, dark: string, radius: number): string {
  return circle(206, 208, radius, '#1f2128', 'opacity="0.18"') +
    box(200 + radius - 6, 188, 20, 24, 5, dark) + circle(200, 200, radius, dark) +
    circle(198, 198, radius - 4, metal);
}

function stitches(colour: string): string {
  return [164, 236].map((x) =>
    line(`M${x} 4V96M${x} 304V396`, colour, 3, 'stroke-dasharray="9 9"')).join('');
}

function ribs(p: Palette): string {
  return [24, 52, 80, 320, 348, 376].map((y) => line(`M160 ${y}H240`, p.deep, 5)).join('');
}

function numerals(colour: string): string {
  const at = [['12', 200, 154], ['3', 247, 207], ['6', 200, 259], ['9', 153, 207]] as const;
  return at.map(([text, x, y]) =>
    `<text x="${x}" y="${y}" font-family="ui-sans-serif,sans-serif" font-size="21" ` +
    `font-weight="600" text-anchor="middle" fill="${colour}">${text}</text>`).join('');
}

function dots(colour: string): string {
  return Array.from({ length: 12 }, (_, at) => {
    const angle = (Math.PI * at) / 6;
    return circle(200 + 60 * Math.sin(angle), 200 - 60 * Math.cos(angle), at % 3 ? 4.5 : 7, colour);
  }).join('');
}
