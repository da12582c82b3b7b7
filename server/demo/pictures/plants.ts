import type { Prng } from '../../core/prng.ts';
import type { Draw } from '../picture.ts';
import type { Palette } from './palette.ts';
import { box, circle, ellipse, line, shadow, shape } from './shapes.ts';

const LEAF = '#5f8a58';
const LEAF_DARK = '#41683f';
const LEAF_LIGHT = '#8fb37b';

/** Snake plant, cactus, rubber plant, trailing ivy; the pot has the item's colour. */
export const drawPlant: Draw = (kind, p, prng) => {
  const green = [snake, cactus, rubber, ivy][kind]!(prng);
  if (kind === 3) return hangingPot(p) + green;
  return shadow(200, 338, 82) + green + pot(p, prng.below(3));
};

function pot(p: Palette, style: number): string {
  const body = style === 0
    ? shape('M136 244H264L248 320Q246 334 232 334H168Q154 334 152 320Z', p.main)
    : shape('M138 244H262V300Q262 334 228 334H172Q138 334 138 300Z', p.main);
  const shade = shape('M222 244H264L248 320Q246 334 232 334H208Q226 290 222 244Z', p.deep,
    'opacity="0.22"');
  const trim = style === 1 ? line('M146 292L162 272L178 292L194 272L210 292L226 272L242 292',
    p.accent, 5) : line('M146 276H254', style === 2 ? p.accent : p.light, 6);
  return body + trim + shade + box(128, 230, 144, 24, 8, p.dark) +
    ellipse(200, 232, 64, 7, '#4b382c');
}

function snake(prng: Prng): string {
  return [-52, 48, -28, 26, 0].map((lean, at) => {
    const top = 64 + prng.below(44) + (at < 2 ? 44 : 0);
    const x = 200 + lean * 0.5;
    const tip = 200 + lean * 1.5;
    const blade = `M${x - 17} 236Q${x - 22 + lean * 0.4} 150 ${tip} ${top}` +
      `Q${x + 24 + lean * 0.4} 150 ${x + 17} 236Z`;
    return shape(blade, at % 2 === 0 ? LEAF_DARK : LEAF) +
      line(`M${x} 232Q${x + lean * 0.4} 150 ${x + lean * 0.7} ${top + 44}`, LEAF_LIGHT, 4);
  }).join('');
}

function cactus(prng: Prng): string {
  const arm = 128 + prng.below(30);
  const spines = Array.from({ length: 18 }, (_, at) => {
    const x = 182 + (at % 3) * 18;
    return line(`M${x} ${98 + Math.floor(at / 3) * 24}l-4 -5m4 5l4 -5`, '#e9efd9', 2);
  }).join('');
  return line(`M200 ${arm + 62}H${142}V${arm}`, LEAF_DARK, 26) +
    line(`M200 ${arm + 40}H${260}V${arm - 24}`, LEAF_DARK, 24) +
    shape('M166 240V104Q166 68 200 68T234 104V240Z', LEAF) +
    shape('M212 70Q234 76 234 104V240H214Z', LEAF_DARK, 'opacity="0.6"') + spines +
    circle(200, 64, 11, '#e58f8a') + circle(190, 70, 8, '#f0aaa2') + circle(211, 70, 8, '#d97a76');
}

function rubber(prng: Prng): string {
  const leaves = Array.from({ length: 9 }, (_, at) => {
    const side = at % 2 === 0 ? -1 : 1;
    const y = 222 - at * 18;
    const long = 76 - at * 3 + prng.below(12);
    const x = 200 + side * long;
    const tip = y - 34 - prng.below(14);
    return shape(`M200 ${y}Q${200 + side * long * 0.3} ${tip - 20} ${x} ${tip}` +
      `Q${200 + side * long * 0.8} ${y + 14} 200 ${y}Z`, at % 3 === 0 ? LEAF : LEAF_DARK) +
      line(`M200 ${y}Q${200 + side * long * 0.5} ${y - 12} ${x - side * 8} ${tip + 2}`,
        LEAF_LIGHT, 2);
  }).join('');
  return line('M200 240V76', '#7a5c40', 7) + leaves +
    shape('M200 84Q182 58 200 38Q218 58 200 84Z', LEAF);
}

function hangingPot(p: Palette): string {
  return line('M200 0L142 148M200 0L258 148', p.woodDark, 4) +
    shape('M134 144H266Q266 224 200 224T134 144Z', p.main) +
    shape('M228 144H266Q266 224 200 224Q232 200 228 144Z', p.deep, 'opacity="0.25"') +
    box(126, 134, 148, 18, 8, p.dark);
}

function ivy(prng: Prng): string {
  const vines = Array.from({ length: 6 }, (_, vine) => {
    const x = 138 + vine * 25;
    const length = 90 + prng.below(110);
    const sway = prng.below(36) - 18;
    const leaves = Array.from({ length: Math.floor(length / 19) }, (_, at) => {
      const y = 146 + at * 19;
      const lean = x + (sway * at * 19) / length + (at % 2 === 0 ? 9 : -9);
      return shape(`M${Math.round(lean)} ${y}q-13 6 -8 20q8 4 8 10q2 -6 9 -9q5 -15 -9 -21Z`,
        [LEAF, LEAF_DARK, LEAF_LIGHT][(at + vine) % 3]!);
    });
    return line(`M${x} 140Q${x} ${140 + length / 2} ${x + sway} ${140 + length}`, LEAF_DARK, 3) +
      leaves.join('');
  });
  const crown = Array.from({ length: 9 }, (_, at) =>
    circle(140 + at * 15, 132 - (at % 2) * 14, 15, at % 2 === 0 ? LEAF : LEAF_LIGHT)).join('');
  return crown + vines.join('');
}
