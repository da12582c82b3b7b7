const HUES = [12, 34, 96, 152, 190, 214, 262, 330]; // rust, sand, moss, glass, sea, ink, plum, rose
const INITIALS_MAX = 2;
const WORD_MAX = 6; // characters that a parcel has room for

/**
 * A picture for an item of which none is known: a parcel with its initials, an SVG document of
 * 400 x 400 like the demo store's. The same id and title give the same picture.
 */
export function plainPictureSvg(id: string, title: string): string {
  const mixed = mix(id);
  const hue = HUES[mixed % HUES.length] as number;
  const width = 150 + ((mixed >>> 8) % 5) * 16;
  const height = 120 + ((mixed >>> 16) % 5) * 18;
  const left = 200 - width / 2;
  const top = 330 - height;
  return [
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" width="400" height="400">',
    `<rect width="400" height="400" fill="hsl(${hue} 24% 91%)"/>`,
    `<path d="M0 318Q200 296 400 318V400H0Z" fill="hsl(${hue} 18% 84%)"/>`,
    `<ellipse cx="200" cy="332" rx="${width * 0.62}" ry="13" fill="hsl(${hue} 14% 72%)"/>`,
    `<rect x="${left}" y="${top}" width="${width}" height="${height}" rx="6"`,
    ` fill="hsl(${hue} 32% 62%)"/>`,
    `<path d="M${left} ${top + 6}l22-34h${width - 44}l22 34z" fill="hsl(${hue} 34% 70%)"/>`,
    `<rect x="186" y="${top - 28}" width="28" height="${height * 0.45 + 28}"`,
    ` fill="hsl(${hue} 30% 84%)"/>`,
    `<text x="200" y="${330 - height * 0.18}" text-anchor="middle" font-family="Georgia, serif"`,
    ` font-size="36" fill="hsl(${hue} 40% 22%)">${initials(title)}</text>`,
    '</svg>',
  ].join('');
}

/** A lone word's beginning, or the first letter of the first words: never markup. */
function initials(title: string): string {
  const words = title.match(/[\p{L}\p{N}]+/gu) ?? [];
  if (words.length === 1) return [...(words[0] as string)].slice(0, WORD_MAX).join('');
  return words.slice(0, INITIALS_MAX).map((word) => [...word][0]!.toUpperCase()).join('');
}

/** FNV-1a, over UTF-16 units: near ids give unlike pictures. */
function mix(text: string): number {
  let hash = 0x811c_9dc5;
  for (let i = 0; i < text.length; i += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x0100_0193);
  }
  return (hash ^ (hash >>> 15)) >>> 0;
}
