import type { Draw } from '../picture.ts';
import { box, circle, ellipse, line, shadow, shape } from './shapes.ts';

/** Water bottle, flask, carafe, sport bottle. */
export const drawBottle: Draw = (kind, p, prng) => {
  if (kind === 0) {
    return shadow(200, 340, 68) +
      line('M178 82C178 44 222 44 222 82', p.ink, 9) +
      box(172, 76, 56, 34, 8, p.ink) + box(178, 106, 44, 18, 3, p.metal) +
      shape('M176 122H224Q252 140 252 178V314Q252 336 230 336H170Q148 336 148 314V178' +
        'Q148 140 176 122Z', p.main) +
      shape('M214 122H224Q252 140 252 178V314Q252 336 230 336H212Q228 240 214 122Z', p.dark,
        'opacity="0.5"') +
      box(162, 170, 9, 132, 4.5, p.light) + badge(p.paper, p.accent, 204, 236 + prng.below(30));
  }
  if (kind === 1) {
    const band = 200 + prng.below(70);
    return shadow(200, 342, 66) +
      box(160, 52, 80, 74, 14, p.metal) + box(208, 52, 32, 74, 14, p.metalDark) +
      box(152, 122, 96, 16, 5, p.ink) + box(148, 136, 104, 204, 20, p.main) +
      shape('M222 136H232Q252 136 252 156V320Q252 340 232 340H214Q228 240 222 136Z', p.dark,
        'opacity="0.5"') +
      box(148, band, 104, 26, 0, p.accent) + box(162, 152, 9, 166, 4.5, p.light) +
      line('M252 176C288 186 288 282 252 292', p.ink, 9);
  }
  if (kind === 2) {
    const level = 222 + prng.below(44);
    const glass = 'M178 96H222V150C276 190 286 334 242 334H158C114 334 124 190 178 150Z';
    return shadow(200, 340, 86) +
      `<clipPath id="glass"><path d="${glass}"/></clipPath>` +
      shape(glass, '#ffffff', 'opacity="0.5"') +
      `<g clip-path="url(#glass)">${box(110, level, 180, 120, 0, p.main)}` +
      `${ellipse(200, level, 80, 9, p.light)}</g>` +
      line(glass, p.metalDark, 3, 'opacity="0.7"') +
      box(172, 86, 56, 15, 6, p.wood) + circle(200, 74, 15, p.woodDark) +
      line('M148 226Q138 266 146 302', '#ffffff', 6, 'opacity="0.85"');
  }
  return shadow(200, 340, 72) +
    box(186, 46, 28, 30, 8, p.accent) + shape('M166 112Q166 72 200 72T234 112Z', p.ink) +
    box(158, 108, 84, 20, 6, p.deep) +
    shape('M152 128H248Q256 168 242 204Q256 236 250 318Q248 338 230 338H170Q152 338 150 318' +
      'Q144 236 158 204Q144 168 152 128Z', p.main) +
    shape('M222 128H248Q256 168 242 204Q256 236 250 318Q248 338 230 338H212Q228 260 216 204' +
      'Q228 166 222 128Z', p.dark, 'opacity="0.45"') +
    [232, 254, 276].map((y) => line(`M166 ${y}H214`, p.light, 5)).join('') +
    shape('M198 146L178 178H196L186 202L220 166H202L212 146Z', p.accent);
};

function badge(paper: string, ink: string, x: number, y: number): string {
  return circle(x, y, 22, paper) +
    line(`M${x - 13} ${y + 8}l10 -16l7 11l4 -6l6 11`, ink, 3.5);
}
