/** The few tones that one product's picture is painted with, as `#rrggbb`. */
export interface Palette {
  readonly main: string;
  readonly light: string; // lit side, highlights
  readonly dark: string; // shaded side
  readonly deep: string; // seams, insides
  readonly accent: string; // a second colour that goes with the first
  readonly backdrop: string;
  readonly floor: string;
  readonly wood: string;
  readonly woodDark: string;
  readonly metal: string;
  readonly metalDark: string;
  readonly paper: string; // off-white: dials, soles, shades
  readonly ink: string; // near-black: hands, cords
}

const WHITE = '#ffffff';
const PAPER = '#f3ede3';
const NIGHT = '#1f2128';

/** `main` sets the tones; `accent` should differ from it. */
export function makePalette(main: string, accent: string): Palette {
  // A pale product stands on a deeper ground, or it would not be seen.
  const pale = lightness(main) > 0.75;
  const backdrop = pale ? mix('#c9c3b8', accent, 0.18) : mix(PAPER, main, 0.13);
  return {
    main,
    light: mix(main, WHITE, 0.3),
    dark: mix(main, NIGHT, 0.2),
    deep: mix(main, NIGHT, 0.48),
    accent,
    backdrop,
    floor: mix(backdrop, NIGHT, 0.06),
    wood: '#c0905f',
    woodDark: '#8f6540',
    metal: '#c3c7cc',
    metalDark: '#858b93',
    paper: '#f7f3ea',
    ink: '#2b2c33',
  };
}

/** `share` of `b` in `a`; colours as `#rrggbb`. */
export function mix(a: string, b: string, share: number): string {
  const other = channels(b);
  const mixed = channels(a).map((value, at) => value + ((other[at] as number) - value) * share);
  return '#' + mixed.map((value) => Math.round(value).toString(16).padStart(2, '0')).join('');
}

function lightness(hex: string): number {
  const [red = 0, green = 0, blue = 0] = channels(hex);
  return (0.3 * red + 0.59 * green + 0.11 * blue) / 255;
}

function channels(hex: string): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
}
