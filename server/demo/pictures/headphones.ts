import type { Draw } from '../picture.ts';
import type { Palette } from './palette.ts';
import { box, circle, ellipse, line, shadow, shape } from './shapes.ts';

/** Over-ear, on-ear, studio and kids' headphones, seen from the front. */
export const drawHeadphones: Draw = (kind, p, prng) => {
  if (kind === 1) {
    return shadow(200, 336, 112) +
      line('M108 226C100 60 300 60 292 226', p.metalDark, 9) +
      line('M144 112Q200 70 256 112', p.main, 20) +
      cup(p, 106, 250, 42, 52) + cup(p, 294, 250, 42, 52) +
      circle(106, 250, 16, p.accent) + circle(294, 250, 16, p.accent);
  }
  if (kind === 3) {
    const dots = Array.from({ length: 5 }, (_, at) => circle(
      134 + at * 33, 108 - (2 - Math.abs(2 - at)) * 17, 8, at % 2 === 0 ? p.paper : p.accent));
    const ears = prng.below(2) === 0
      ? shape('M128 92L118 40L168 74Z', p.main) + shape('M272 92L282 40L232 74Z', p.main) +
        shape('M134 84L130 56L156 74Z', p.accent) + shape('M266 84L270 56L244 74Z', p.accent)
      : '';
    return shadow(200, 336, 116) + ears +
      line('M104 232C96 48 304 48 296 232', p.main, 28) + dots.join('') +
      cup(p, 104, 252, 50, 58) + cup(p, 296, 252, 50, 58) +
      star(104, 252, p.paper) + star(296, 252, p.paper);
  }
  const studio = kind === 2;
  const coil = Array.from({ length: 9 }, () => 'q9 -9 0 11q-9 8 0 6').join('');
  return shadow(200, 338, 124) +
    (studio ? line(`M96 312${coil}`, p.ink, 4) : '') +
    line('M98 236C86 36 314 36 302 236', p.ink, 12) +
    line('M112 150C136 64 264 64 288 150', p.main, 26) +
    line('M128 128C150 84 190 76 206 76', p.light, 6, 'opacity="0.8"') +
    box(88, 176, 20, 46, 8, p.metal) + box(292, 176, 20, 46, 8, p.metal) +
    cup(p, 100, 258, studio ? 60 : 52, studio ? 70 : 64) +
    cup(p, 300, 258, studio ? 60 : 52, studio ? 70 : 64) +
    (studio
      ? [100, 300].map((x) => circle(x, 258, 30, p.deep) + circle(x, 258, 22, p.accent)).join('')
      : [100, 300].map((x) => line(`M${x} 236V280`, p.accent, 6)).join(''));
};

function cup(p: Palette, x: number, y: number, rx: number, ry: number): string {
  const inner = x < 200 ? 1 : -1;
  return ellipse(x + inner * 20, y, rx * 0.72, ry * 0.94, p.ink) +
    ellipse(x, y, rx, ry, p.dark) + ellipse(x - inner * 4, y - 2, rx - 8, ry - 9, p.main) +
    line(`M${x - rx * 0.5} ${y - ry * 0.42}Q${x - rx * 0.3} ${y - ry * 0.66} ${x} ${y - ry * 0.7}`,
      p.light, 5);
}

function star(x: number, y: number, fill: string): string {
  return shape(`M${x} ${y - 20}l6 13l14 2l-10 10l2 14l-12 -7l-12 7l2 -14l-10 -10l14 -2Z`, fill);
}
