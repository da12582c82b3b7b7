import { Prng } from '../core/prng.ts';
import { mix, makePalette, type Palette } from './pictures/palette.ts';
import { drawBackpack } from './pictures/backpacks.ts';
import { drawBottle } from './pictures/bottles.ts';
import { drawChair } from './pictures/chairs.ts';
import { drawClock } from './pictures/clocks.ts';
import { drawCushion } from './pictures/cushions.ts';
import { drawHeadphones } from './pictures/headphones.ts';
import { drawLamp } from './pictures/lamps.ts';
import { drawMug } from './pictures/mugs.ts';
import { drawPlant } from './pictures/plants.ts';
import { drawSneaker } from './pictures/sneakers.ts';
import { drawVase } from './pictures/vases.ts';
import { drawWatch } from './pictures/watches.ts';
import { COLOURS } from './words.ts';

/** Draws one product on a canvas of 400 x 400, standing on y = 330, as SVG elements. */
export type Draw = (kind: number, palette: Palette, prng: Prng) => string;

const DRAW: Readonly<Record<string, Draw>> = {
  lamps: drawLamp, chairs: drawChair, cushions: drawCushion, clocks: drawClock,
  mugs: drawMug, vases: drawVase, plants: drawPlant, bottles: drawBottle,
  backpacks: drawBackpack, sneakers: drawSneaker, headphones: drawHeadphones, watches: drawWatch,
};

/**
 * The picture that an item's `picture` stands for ('CATEGORY/KIND/COLOUR/SEED'), as an SVG document
 * of 400 x 400 without outside parts, about 2 kB. Undefined when it is not one of ours. The same
 * words give the same picture.
 */
export function pictureSvg(picture: string): string | undefined {
  const match = /^([a-z]+)\/([0-3])\/(\d{1,2})\/(\d{1,6})$/.exec(picture);
  const draw = match && Object.hasOwn(DRAW, match[1]!) ? DRAW[match[1]!] : undefined;
  const colour = COLOURS[Number(match?.[3])];
  if (!match || !draw || !colour) return undefined;
  const prng = new Prng(Number(match[4]));
  const others = COLOURS.filter((other) => Math.abs(other.warm - colour.warm) > 0.5);
  const palette = makePalette(colour.hex, prng.pick(others).hex);
  return [
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" width="400" height="400">',
    ground(palette),
    draw(Number(match[2]), palette, prng),
    '</svg>',
  ].join('');
}

/** A studio: a wall, a floor that curves up into it, and light from the upper left. */
function ground({ backdrop, floor }: Palette): string {
  return [
    '<defs><linearGradient id="wall" x1="0" y1="0" x2="1" y2="1">',
    `<stop offset="0" stop-color="${mix(backdrop, '#ffffff', 0.35)}"/>`,
    `<stop offset="1" stop-color="${backdrop}"/></linearGradient></defs>`,
    '<rect width="400" height="400" fill="url(#wall)"/>',
    `<path d="M0 318Q200 296 400 318V400H0Z" fill="${floor}"/>`,
  ].join('');
}
