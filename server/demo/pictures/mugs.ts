import type { Draw } from '../picture.ts';
import { band, circle, ellipse, line, shadow, shape } from './shapes.ts';

/** Mug, espresso cup, tall mug, camp mug. */
export const drawMug: Draw = (kind, p, prng) => {
  if (kind === 1) {
    return shadow(200, 334, 132) +
      ellipse(200, 318, 128, 20, p.dark) + ellipse(200, 312, 128, 20, p.light) +
      ellipse(200, 312, 72, 10, p.dark) +
      line('M266 206C312 196 316 262 252 262', p.main, 15) +
      shape('M126 176H274C274 250 250 310 200 310S126 250 126 176Z', p.main) +
      shape('M236 176H274C274 250 250 310 200 310C232 280 240 230 236 176Z', p.dark,
        'opacity="0.5"') +
      ellipse(200, 176, 74, 16, p.light) + ellipse(200, 178, 64, 11, '#4a2f22') +
      steam(200, 120);
  }
  const tall = kind === 2;
  const top = tall ? 112 : 148;
  const at = top + 52 + prng.below(60);
  const stripe = kind === 0
    ? band(`M113 ${at}Q190 ${at + 18} 267 ${at}`, p.accent, 13)
    : '';
  const specks = kind === 3
    ? Array.from({ length: 34 }, () => circle(
      120 + prng.below(140), top + 26 + prng.below(130), 2 + prng.below(3), p.light)).join('')
    : '';
  const handle = kind === 3
    ? line(`M262 ${top + 30}H316V${top + 118}H262`, p.dark, 13)
    : line(`M262 ${top + 40}C338 ${top + 26} 338 ${top + 140} 260 ${top + 130}`, p.dark, 20);
  return shadow(196, 334, 108) + handle +
    shape(`M112 ${top}H268L264 312Q262 330 244 330H136Q118 330 116 312Z`, p.main) +
    specks + stripe +
    shape(`M226 ${top}H268L264 312Q262 330 244 330H214Q230 250 226 ${top}Z`, p.deep,
      'opacity="0.22"') +
    shape(`M124 ${top + 20}H142L146 310H132Z`, p.light, 'opacity="0.55"') +
    ellipse(190, top, 78, 17, kind === 3 ? p.ink : p.light) +
    ellipse(190, top + 2, 68, 12, p.deep) +
    (tall ? line(`M116 296Q190 314 264 296`, p.accent, 6) : '') + steam(190, top - 44);
};

function steam(x: number, y: number): string {
  return line(`M${x - 22} ${y + 22}q-12 -18 0 -34t0 -34M${x + 18} ${y + 22}q-12 -18 0 -34t0 -34`,
    '#ffffff', 5, 'opacity="0.65"');
}
