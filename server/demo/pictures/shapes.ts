/** Strokes that many pictures share. All return SVG elements. */

/** The shadow of what stands on the floor. */
export function shadow(x: number, y: number, radius: number): string {
  return `<ellipse cx="${x}" cy="${y}" rx="${radius}" ry="${round(radius * 0.13)}" ` +
    'fill="#1f2128" opacity="0.16"/>';
}

export function shape(d: string, fill: string, more = ''): string {
  return `<path d="${d}" fill="${fill}" ${more}/>`;
}

export function line(d: string, colour: string, width: number, more = ''): string {
  return `<path d="${d}" fill="none" stroke="${colour}" stroke-width="${round(width)}" ` +
    `stroke-linecap="round" stroke-linejoin="round" ${more}/>`;
}

/** A stroke with flat ends, for stripes that run to an edge. */
export function band(d: string, colour: string, width: number, opacity = 1): string {
  return `<path d="${d}" fill="none" stroke="${colour}" stroke-width="${round(width)}" ` +
    `opacity="${opacity}"/>`;
}

export function circle(x: number, y: number, radius: number, fill: string, more = ''): string {
  return `<circle cx="${round(x)}" cy="${round(y)}" r="${round(radius)}" fill="${fill}" ${more}/>`;
}

export function ellipse(x: number, y: number, rx: number, ry: number, fill: string): string {
  return `<ellipse cx="${x}" cy="${y}" rx="${rx}" ry="${ry}" fill="${fill}"/>`;
}

export function box(
  x: number, y: number, width: number, height: number, radius: number, fill: string,
): string {
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${radius}" ` +
    `fill="${fill}"/>`;
}

/** Points around a centre: `at` goes clockwise from the top, once around is 1. */
export function around(x: number, y: number, radius: number, at: number): [number, number] {
  const angle = 2 * Math.PI * at;
  return [round(x + radius * Math.sin(angle)), round(y - radius * Math.cos(angle))];
}

export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** A watch's or clock's hands at a random time, and their pin. */
export function hands(
  x: number, y: number, radius: number, minutes: number, colour: string, pin: string,
): string {
  const [hx, hy] = around(x, y, radius * 0.52, minutes / 720);
  const [mx, my] = around(x, y, radius * 0.8, (minutes % 60) / 60);
  return line(`M${x} ${y}L${hx} ${hy}`, colour, round(radius * 0.08)) +
    line(`M${x} ${y}L${mx} ${my}`, colour, round(radius * 0.05)) +
    circle(x, y, radius * 0.06, pin);
}

/** Marks around a dial; each quarter's is longer. */
export function ticks(x: number, y: number, radius: number, count: number, colour: string): string {
  return Array.from({ length: count }, (_, at) => {
    const quarter = at % (count / 4) === 0;
    const [ax, ay] = around(x, y, radius, at / count);
    const [bx, by] = around(x, y, radius * (quarter ? 0.84 : 0.91), at / count);
    return line(`M${ax} ${ay}L${bx} ${by}`, colour, round(radius * (quarter ? 0.045 : 0.025)));
  }).join('');
}
