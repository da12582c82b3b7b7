import type { Draw } from '../picture.ts';
import { box, circle, hands, line, shadow, shape, ticks } from './shapes.ts';

/** Wall clock, mantel clock, alarm clock, station clock. */
export const drawClock: Draw = (kind, p, prng) => {
  const minutes = prng.below(720);
  if (kind === 0) {
    return circle(208, 202, 126, '#1f2128', 'opacity="0.14"') +
      circle(200, 190, 124, p.main) + circle(200, 190, 124, p.dark, 'opacity="0.25"') +
      circle(197, 187, 120, p.main) + circle(200, 190, 102, p.paper) +
      ticks(200, 190, 92, 12, p.deep) + hands(200, 190, 92, minutes, p.ink, p.accent);
  }
  if (kind === 1) {
    return shadow(200, 334, 112) +
      shape('M104 322V190C104 122 148 84 200 84S296 122 296 190V322Z', p.main) +
      shape('M244 96C276 112 296 146 296 190V322H262V190C262 150 256 118 244 96Z', p.dark,
        'opacity="0.5"') +
      box(90, 314, 220, 20, 6, p.woodDark) +
      circle(196, 196, 70, p.wood) + circle(196, 196, 62, p.paper) +
      ticks(196, 196, 55, 12, p.ink) + hands(196, 196, 56, minutes, p.ink, p.accent) +
      line('M166 290H226', p.accent, 5);
  }
  if (kind === 2) {
    return shadow(200, 338, 98) +
      line('M146 300L124 336', p.metalDark, 12) + line('M254 300L276 336', p.metalDark, 12) +
      shape('M104 128A40 40 0 0 1 168 84ZM296 128A40 40 0 0 0 232 84Z', p.dark) +
      line('M200 110V78', p.metalDark, 8) + box(182, 66, 36, 14, 7, p.accent) +
      circle(200, 216, 112, p.main) + line('M118 176A92 92 0 0 1 160 132', p.light, 8) +
      circle(200, 216, 88, p.paper) + ticks(200, 216, 79, 12, p.ink) +
      hands(200, 216, 78, minutes, p.ink, p.accent);
  }
  return box(176, 40, 48, 32, 6, p.deep) + line('M200 40V0', p.deep, 14) +
    circle(210, 208, 130, '#1f2128', 'opacity="0.12"') +
    circle(200, 198, 128, p.deep) + circle(200, 198, 116, p.main) + circle(200, 198, 104, p.paper) +
    ticks(200, 198, 98, 60, p.metalDark) + ticks(200, 198, 98, 12, p.ink) +
    hands(200, 198, 96, minutes, p.ink, p.accent);
};
