import type { Draw } from '../picture.ts';
import { box, line, shadow, shape } from './shapes.ts';

/** Rolltop, day pack, school backpack, travel backpack; seen from the front. */
export const drawBackpack: Draw = (kind, p, prng) => {
  const straps = line('M132 150C96 190 96 270 128 306', p.deep, 17) +
    line('M268 150C304 190 304 270 272 306', p.deep, 17);
  if (kind === 0) {
    return shadow(200, 340, 104) + straps +
      shape('M126 128H274L282 314Q282 336 260 336H140Q118 336 118 314Z', p.main) +
      shape('M236 128H274L282 314Q282 336 260 336H232Q250 230 236 128Z', p.dark, 'opacity="0.5"') +
      box(120, 74, 160, 66, 16, p.dark) + box(120, 74, 160, 30, 14, p.main) +
      line('M124 104H276', p.deep, 2.5) +
      line('M160 104V214', p.accent, 11) + line('M240 104V214', p.accent, 11) +
      box(150, 196, 20, 24, 4, p.metal) + box(230, 196, 20, 24, 4, p.metal) +
      box(142, 246, 116, 66, 12, p.dark) + line('M154 264H246', p.light, 4);
  }
  if (kind === 1) {
    const patch = prng.below(2) === 0 ? p.wood : p.accent;
    return shadow(200, 340, 100) + straps +
      line('M176 84C176 50 224 50 224 84', p.deep, 10) +
      shape('M124 170C124 106 156 78 200 78S276 106 276 170V312Q276 336 252 336H148' +
        'Q124 336 124 312Z', p.main) +
      shape('M238 88C264 104 276 130 276 170V312Q276 336 252 336H228Q252 200 238 88Z', p.dark,
        'opacity="0.5"') +
      line('M146 176C146 128 168 104 200 104S254 128 254 176', p.deep, 4) +
      shape('M142 224H258V300Q258 318 240 318H160Q142 318 142 300Z', p.dark) +
      line('M152 242H248', p.light, 4) + line('M236 242V262', p.metal, 5) +
      box(176, 158, 48, 32, 5, patch);
  }
  if (kind === 2) {
    return shadow(200, 340, 108) + straps +
      line('M174 80C174 48 226 48 226 80', p.accent, 11) +
      shape('M114 176C114 104 152 74 200 74S286 104 286 176V310Q286 336 260 336H140' +
        'Q114 336 114 310Z', p.main) +
      shape('M114 172C150 200 250 200 286 172V196C250 224 150 224 114 196Z', p.accent) +
      line('M200 206V226', p.metal, 8) +
      box(134, 234, 132, 86, 20, p.light) + line('M146 256H254', p.deep, 4) +
      box(96, 226, 26, 84, 12, p.dark) + box(278, 226, 26, 84, 12, p.dark) +
      line('M240 256V278', p.accent, 7);
  }
  const ribs = Array.from({ length: 2 + prng.below(2) }, (_, at) =>
    line(`M132 ${152 + at * 44}H268`, p.deep, 8)).join('');
  return shadow(200, 340, 104) + straps +
    line('M174 66C174 38 226 38 226 66', p.deep, 10) +
    box(118, 62, 164, 274, 30, p.main) +
    shape('M238 62H252Q282 62 282 92V306Q282 336 252 336H232Q250 200 238 62Z', p.dark,
      'opacity="0.5"') + ribs +
    box(188, 86, 24, 40, 4, p.accent) + line('M140 96C140 82 150 78 160 78', p.light, 6) +
    box(140, 262, 120, 56, 12, p.dark) + line('M152 280H248', p.metal, 4) +
    line('M118 232H282', p.accent, 9) + box(186, 222, 28, 20, 4, p.ink);
};
