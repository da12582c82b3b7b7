import type { Draw } from '../picture.ts';
import { box, circle, ellipse, line, shadow, shape } from './shapes.ts';

/** Table lamp, floor lamp, desk lamp, pendant light. */
export const drawLamp: Draw = (kind, p, prng) => {
  const glow = circle(200, 170, 128, '#fff3c9', 'opacity="0.4"');
  if (kind === 0) {
    const belly = 46 + prng.below(22);
    return shadow(200, 332, 84) + glow +
      box(194, 196, 12, 40, 4, p.metalDark) +
      shape(`M186 232C${200 - belly - 26} 256 ${200 - belly - 10} 318 168 330H232` +
        `C${210 + belly} 318 ${226 + belly} 256 214 232Z`, p.main) +
      shape(`M214 232C${226 + belly} 256 ${210 + belly} 318 232 330H208C236 300 236 262 204 232Z`,
        p.dark, 'opacity="0.6"') +
      shape('M148 92H252L286 204H114Z', p.paper) +
      shape('M214 92H252L286 204H230Z', '#e9dfca') +
      line('M114 204H286', p.accent, 5);
  }
  if (kind === 1) {
    return shadow(200, 352, 92) +
      circle(200, 110, 108, '#fff3c9', 'opacity="0.4"') +
      line('M200 150L134 350', p.wood, 10) + line('M200 150L266 350', p.wood, 10) +
      line('M200 150L204 346', p.woodDark, 9) +
      line('M166 256L236 256', p.woodDark, 5) +
      shape('M132 62H268L280 156H120Z', p.main) +
      shape('M218 62H268L280 156H228Z', p.dark, 'opacity="0.55"') +
      shape('M140 62H166L158 156H122Z', p.light, 'opacity="0.5"') +
      ellipse(200, 156, 80, 7, p.deep);
  }
  if (kind === 2) {
    const elbow = 118 + prng.below(26);
    return shadow(196, 334, 92) +
      ellipse(190, 322, 70, 15, p.dark) + ellipse(190, 315, 70, 15, p.main) +
      line(`M190 312L${elbow} 206`, p.metalDark, 9) +
      line(`M${elbow} 206L226 112`, p.metalDark, 9) +
      circle(elbow, 206, 11, p.accent) + circle(190, 308, 10, p.metalDark) +
      shape('M262 196L196 326L336 300Z', '#fff3c9', 'opacity="0.35"') +
      shape('M206 84C232 66 258 78 266 98L318 152L226 208C206 170 198 128 206 84Z', p.main) +
      shape('M266 98L318 152L276 178C270 146 262 120 240 82Z', p.dark, 'opacity="0.6"') +
      line('M318 152L226 208', p.light, 6) +
      circle(226, 112, 10, p.accent);
  }
  const depth = 92 + prng.below(40);
  return shape('M120 214L70 400H330L280 214Z', '#fff3c9', 'opacity="0.35"') +
    line('M200 0V100', p.ink, 4) + box(188, 92, 24, 26, 6, p.metalDark) +
    shape(`M96 214C100 ${214 - depth} 150 112 200 112S300 ${214 - depth} 304 214Z`, p.main) +
    shape(`M304 214C300 ${214 - depth} 250 112 200 112C246 126 262 170 262 214Z`, p.dark,
      'opacity="0.6"') +
    line('M126 196C132 164 150 142 172 132', p.light, 6, 'opacity="0.8"') +
    ellipse(200, 214, 104, 12, p.deep) + circle(200, 220, 20, '#fff0bd');
};
