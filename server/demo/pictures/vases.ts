import type { Prng } from '../../core/prng.ts';
import type { Draw } from '../picture.ts';
import type { Palette } from './palette.ts';
import { around, band, circle, ellipse, line, shadow, shape } from './shapes.ts';

/** Bud vase, amphora, cylinder, round vase; each with something in it. */
export const drawVase: Draw = (kind, p, prng) => {
  if (kind === 0) {
    return shadow(200, 334, 72) + flower(p, prng, 200, 196, 190 + prng.below(30), 66) +
      shape('M186 188H214L212 236C262 256 262 330 218 330H182C138 330 138 256 188 236Z', p.main) +
      shape('M204 188H214L212 236C262 256 262 330 218 330H204C240 296 232 254 202 240Z', p.dark,
        'opacity="0.5"') + ellipse(200, 188, 15, 5, p.deep);
  }
  if (kind === 1) {
    return shadow(200, 336, 84) + twig(p, prng, 196, 130) +
      line('M172 138C128 138 120 190 150 204', p.dark, 11) +
      line('M228 138C272 138 280 190 250 204', p.dark, 11) +
      shape('M166 116H234L226 158C286 190 282 282 226 330H174C118 282 114 190 174 158Z', p.main) +
      shape('M212 116H234L226 158C286 190 282 282 226 330H200C254 276 250 200 208 160Z', p.dark,
        'opacity="0.45"') +
      line('M132 226Q200 246 268 226', p.accent, 8) + line('M134 244Q200 264 266 244', p.light, 3) +
      ellipse(200, 116, 34, 8, p.deep);
  }
  if (kind === 2) {
    const bands = Array.from({ length: 3 }, (_, at) =>
      band(`M147 ${214 + at * 36}Q200 ${230 + at * 36} 253 ${214 + at * 36}`,
        at === 1 ? p.accent : p.light, 7)).join('');
    return shadow(200, 334, 76) + grasses(p, prng) +
      shape('M146 168H254V312Q254 330 236 330H164Q146 330 146 312Z', p.main) + bands +
      shape('M222 168H254V312Q254 330 236 330H214Q226 250 222 168Z', p.deep, 'opacity="0.22"') +
      ellipse(200, 168, 54, 12, p.dark) + ellipse(200, 169, 46, 8, p.deep);
  }
  return shadow(200, 336, 92) + twig(p, prng, 200, 168) +
    flower(p, prng, 200, 170, 84 + prng.below(20), 58) +
    shape('M176 160H224L222 182C296 196 300 330 226 330H174C100 330 104 196 178 182Z', p.main) +
    shape('M212 160H224L222 182C296 196 300 330 226 330H206C262 296 258 204 206 184Z', p.dark,
      'opacity="0.5"') +
    shape('M138 222C128 242 128 268 138 284', 'none', `stroke="${p.light}" stroke-width="7"`) +
    ellipse(200, 160, 24, 6, p.deep);
};

function flower(
  p: Palette, prng: Prng, x: number, foot: number, height: number, size: number,
): string {
  const top = Math.max(60, foot - height + 20);
  const lean = prng.below(40) - 20;
  const petals = Array.from({ length: 7 }, (_, at) => {
    const [px, py] = around(x + lean, top, size * 0.36, at / 7);
    return circle(px, py, size * 0.24, p.accent);
  }).join('');
  return line(`M${x} ${foot}Q${x} ${(foot + top) / 2} ${x + lean} ${top}`, '#5d7a52', 6) +
    shape(`M${x} ${foot - 30}q34 -34 44 -8q-14 22 -44 8Z`, '#6d8f60') +
    petals + circle(x + lean, top, size * 0.2, '#e8c25a');
}

function twig(p: Palette, prng: Prng, x: number, foot: number): string {
  return [-1, 1].map((side) => {
    const endX = x + side * (56 + prng.below(34));
    const endY = 44 + prng.below(24);
    const buds = [0.35, 0.55, 0.75, 0.95].map((at) => circle(
      x + (endX - x) * at * at, foot + (endY - foot) * at, 8, at > 0.6 ? p.accent : p.light));
    return line(`M${x} ${foot}Q${x} ${(foot + endY) / 2} ${endX} ${endY}`, p.woodDark, 4) +
      buds.join('');
  }).join('');
}

function grasses(p: Palette, prng: Prng): string {
  return Array.from({ length: 7 }, (_, at) => {
    const topX = 130 + at * 23 + prng.below(12);
    const topY = 50 + prng.below(56);
    const stalk = line(`M${186 + at * 5} 170Q${186 + at * 5} 110 ${topX} ${topY}`, '#9a8a5c', 4);
    if (at % 2 === 1) return stalk;
    return stalk + shape(`M${topX} ${topY - 18}q10 22 0 44q-10 -22 0 -44Z`, p.accent);
  }).join('');
}
