import type { Draw } from '../picture.ts';
import type { Palette } from './palette.ts';
import { band, circle, line, shadow, shape } from './shapes.ts';

/** Runner, high-top, court sneaker, slip-on; all look to the right. */
export const drawSneaker: Draw = (kind, p, prng) => {
  const stripe = prng.below(3);
  return shadow(202, 304, 160) + [runner, highTop, court, slipOn][kind]!(p, stripe);
};

function runner(p: Palette, stripe: number): string {
  const upper = 'M62 262C52 222 58 176 74 154C92 150 104 160 116 168C140 162 158 142 172 124' +
    'L204 140C228 184 268 204 318 218C348 228 354 246 352 264Z';
  return shape(upper, p.main) +
    shape('M62 262C52 222 58 176 74 154C92 150 104 160 116 168C112 200 118 236 132 264Z', p.dark) +
    shape('M286 208C300 214 312 216 318 218C348 228 354 246 352 264H280C272 240 276 222 286 208Z',
      p.light) +
    swoosh(p, stripe) + laces(p, 172, 134) +
    shape('M50 258Q48 246 62 250Q120 266 200 260T340 250Q366 246 362 276Q360 294 336 296H78' +
      'Q52 296 50 258Z', p.paper) +
    line('M62 280Q200 292 356 276', p.accent, 6) +
    line('M84 154Q68 146 70 166', p.accent, 9);
}

function highTop(p: Palette, stripe: number): string {
  return shape('M94 264C84 200 84 130 92 84Q130 74 178 86C176 126 190 160 222 190' +
    'C262 206 304 212 330 228C346 240 348 252 346 266Z', p.main) +
    shape('M94 264C84 200 84 130 92 84Q106 80 122 79C116 140 122 210 136 264Z', p.dark) +
    shape('M286 212C312 218 346 232 346 266H268C262 240 270 222 286 212Z', p.paper) +
    circle(148, 128, 21, p.paper) + circle(148, 128, 14, p.accent) +
    laces(p, 184, 116) + laces(p, 190, 146) + swoosh(p, stripe === 0 ? 1 : stripe) +
    shape('M82 258H354Q362 258 361 270L358 286Q356 296 342 296H96Q82 296 82 284Z', p.paper) +
    line('M90 280H352', p.accent, 4) + line('M92 90Q132 80 174 91', p.light, 6);
}

function court(p: Palette, stripe: number): string {
  return shape('M64 262C58 226 62 190 72 166C96 158 116 170 130 172C150 168 164 156 176 144' +
    'C212 176 262 198 312 208C346 216 352 240 350 264Z', p.paper) +
    shape('M64 262C58 226 62 190 72 166C84 162 94 164 104 167C100 200 104 234 112 264Z', p.main) +
    shape('M276 199C300 206 312 208 312 208C346 216 352 240 350 264H262C256 240 262 214 276 199Z',
      '#e6dfd2') +
    [0, 1, 2].map((at) => circle(306 - at * 13, 224 + (at % 2) * 9, 2.5, p.metalDark)).join('') +
    swoosh(p, stripe) + laces(p, 182, 154) +
    shape('M54 256H358Q366 256 364 272L362 284Q360 296 346 296H72Q58 296 57 284Z', p.paper) +
    line('M62 274H360', p.main, 5) + line('M54 257H358', '#d6cdbd', 2.5);
}

function slipOn(p: Palette, stripe: number): string {
  const weave = Array.from({ length: stripe === 2 ? 0 : 7 }, (_, at) =>
    band(`M${216 + at * 16} ${198 + at * 5}L${204 + at * 18} 258`, p.light, 3, 0.6)).join('');
  return shape('M64 262C56 226 60 194 74 176C104 166 150 170 178 178C222 186 276 198 314 210' +
    'C344 220 350 244 348 264Z', p.main) +
    shape('M74 176C104 166 150 170 178 178C168 200 128 208 92 198C84 190 78 184 74 176Z', p.deep) +
    shape('M150 172L196 182L182 236L138 226Z', p.dark) +
    line('M156 186L148 222M166 188L158 226M176 190L168 230', p.deep, 3) + weave +
    shape('M56 254H356Q364 254 362 270L360 284Q358 296 344 296H72Q58 296 57 282Z', p.paper) +
    line('M62 272H358', stripe === 0 ? p.accent : p.wood, 6);
}

function swoosh(p: Palette, stripe: number): string {
  if (stripe === 0) {
    return line('M150 244L186 182M176 246L208 194M202 248L230 206', p.accent, 10);
  }
  if (stripe === 1) {
    return shape('M134 246C180 240 226 226 252 200C244 236 190 262 134 246Z', p.accent);
  }
  return line('M140 238Q196 244 250 214', p.accent, 9) +
    line('M150 220Q196 222 234 200', p.accent, 5);
}

function laces(p: Palette, x: number, y: number): string {
  return [0, 1, 2].map((at) =>
    line(`M${x + at * 15 - 6} ${y + at * 15 + 12}l22 -13`, p.paper, 6)).join('');
}
