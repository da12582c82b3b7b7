import type { Prng } from '../../core/prng.ts';
import type { Draw } from '../picture.ts';
import type { Palette } from './palette.ts';
import { band, circle, line, shadow, shape } from './shapes.ts';

const OUTLINE = 'M92 96Q200 124 308 96Q322 92 318 108Q292 204 320 302Q324 318 308 314' +
  'Q200 288 92 314Q76 318 80 302Q108 204 82 108Q78 92 92 96Z';

/** Striped, linen, bouclé, checked: one cushion in four cloths, turned a little. */
export const drawCushion: Draw = (kind, p, prng) => {
  const turn = prng.below(13) - 6;
  const cloth = [stripes, linen, loops, checks][kind]!(p, prng);
  return shadow(200, 326, 122) +
    `<clipPath id="cloth"><path d="${OUTLINE}"/></clipPath>` +
    `<g transform="rotate(${turn} 200 206)">` +
    shape(OUTLINE, p.main) + `<g clip-path="url(#cloth)">${cloth}` +
    shape('M262 60Q236 204 268 340L340 350L350 60Z', p.deep, 'opacity="0.16"') +
    shape('M60 270Q200 246 340 270V340H60Z', p.deep, 'opacity="0.14"') + '</g>' +
    line(OUTLINE, p.dark, 4) + '</g>';
};

function stripes(p: Palette, prng: Prng): string {
  const step = 30 + prng.below(24);
  const count = Math.ceil(260 / step);
  return Array.from({ length: count }, (_, at) => {
    const x = 82 + at * step;
    return line(`M${x} 80Q${x + 10} 204 ${x} 330`, at % 3 === 2 ? p.accent : p.light, step * 0.36);
  }).join('');
}

function linen(p: Palette, prng: Prng): string {
  const weave = Array.from({ length: 26 }, () => {
    const y = 100 + prng.below(210);
    const x = 90 + prng.below(160);
    return line(`M${x} ${y}h${20 + prng.below(50)}`, p.light, 1.5, 'opacity="0.55"');
  }).join('');
  return weave + line('M116 128Q200 148 284 128', p.dark, 2) +
    line('M116 282Q200 264 284 282', p.dark, 2) +
    circle(200, 206, 9, p.accent) + circle(200, 206, 3.5, p.deep);
}

function loops(p: Palette, prng: Prng): string {
  return Array.from({ length: 150 }, (_, at) => {
    const x = 84 + (at % 15) * 16.5 + prng.below(7);
    const y = 96 + Math.floor(at / 15) * 22 + prng.below(8);
    return circle(x, y, 6 + prng.below(4), at % 3 === 0 ? p.dark : p.light, 'opacity="0.55"');
  }).join('');
}

function checks(p: Palette, prng: Prng): string {
  const step = 44 + prng.below(16);
  const bands = Array.from({ length: 6 }, (_, at) => {
    const place = 84 + at * step;
    return band(`M${place} 80V330`, p.light, step * 0.42, 0.6) +
      band(`M70 ${place}H330`, p.light, step * 0.42, 0.6) +
      line(`M${place} 80V330M70 ${place}H330`, p.accent, 3, 'opacity="0.8"');
  });
  return bands.join('');
}
