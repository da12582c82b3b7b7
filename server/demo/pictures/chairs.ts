import type { Draw } from '../picture.ts';
import { box, circle, ellipse, line, shadow, shape } from './shapes.ts';

/** Dining chair, lounge chair, stool, shell chair. */
export const drawChair: Draw = (kind, p, prng) => {
  if (kind === 0) {
    const slats = 3 + prng.below(3);
    const backs = Array.from({ length: slats }, (_, at) => {
      const x = Math.round(152 + (96 / (slats - 1)) * at);
      return line(`M${x} 96L${x} 214`, p.wood, 7);
    }).join('');
    return shadow(202, 350, 96) +
      line('M146 84L140 224L132 346', p.wood, 11) + line('M254 84L260 224L268 346', p.wood, 11) +
      line('M160 236L164 330', p.woodDark, 9) + line('M240 236L236 330', p.woodDark, 9) + backs +
      box(138, 74, 124, 28, 13, p.woodDark) +
      shape('M128 216Q200 200 272 216L282 244Q200 262 118 244Z', p.main) +
      shape('M118 244Q200 262 282 244L280 254Q200 272 120 254Z', p.dark);
  }
  if (kind === 1) {
    return shadow(200, 346, 124) +
      line('M120 286L100 344', p.wood, 12) + line('M280 286L300 344', p.wood, 12) +
      line('M152 296L146 330', p.woodDark, 10) + line('M248 296L254 330', p.woodDark, 10) +
      shape('M118 98Q122 70 152 70H248Q278 70 282 98L292 236H108Z', p.main) +
      shape('M222 70H248Q278 70 282 98L292 236H244Q256 140 222 70Z', p.dark, 'opacity="0.45"') +
      box(112, 218, 176, 56, 22, p.light) + box(112, 252, 176, 42, 18, p.main) +
      box(82, 180, 46, 114, 22, p.dark) + box(272, 180, 46, 114, 22, p.dark) +
      line('M134 252H266', p.deep, 2.5, 'opacity="0.5"') +
      circle(170, 130, 4, p.deep) + circle(230, 130, 4, p.deep) + circle(200, 172, 4, p.deep);
  }
  if (kind === 2) {
    const ring = 268 + prng.below(22);
    return shadow(200, 350, 88) +
      line('M152 158L122 346', p.wood, 11) + line('M248 158L278 346', p.wood, 11) +
      line('M200 160L200 340', p.woodDark, 10) +
      line(`M136 ${ring}Q200 ${ring + 18} 264 ${ring}`, p.metalDark, 6) +
      shape('M112 138Q200 176 288 138V154Q200 194 112 154Z', p.dark) +
      ellipse(200, 138, 88, 24, p.main) + ellipse(186, 133, 54, 11, p.light);
  }
  return shadow(200, 350, 98) +
    line('M176 258L128 348', p.metalDark, 6) + line('M224 258L272 348', p.metalDark, 6) +
    line('M186 258L176 334', p.metalDark, 5) + line('M214 258L224 334', p.metalDark, 5) +
    line('M150 308H250', p.metalDark, 4) +
    shape('M112 112C112 70 150 56 200 56S288 70 288 112C292 160 276 186 292 214' +
      'C296 246 250 264 200 264S104 246 108 214C124 186 108 160 112 112Z', p.main) +
    shape('M132 210C150 190 250 190 268 210C262 240 232 250 200 250S138 240 132 210Z', p.dark) +
    shape('M240 62C276 70 288 90 288 112C292 160 276 186 292 214C284 206 270 198 254 194' +
      'C268 150 266 100 240 62Z', p.dark, 'opacity="0.5"') +
    line('M138 104C142 88 158 78 178 76', p.light, 6, 'opacity="0.8"');
};
