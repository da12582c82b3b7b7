import type { Point, Space } from '../../models/learn/search/space.ts';

/** Functions that searches are measured on, with the value of their minimum. */
export interface TestFunction {
  readonly name: string;
  readonly space: Space;
  readonly least: number;
  at(point: Point): number;
}

/** Two settings, three minima alike (Dixon and Szegö 1978). */
export const branin: TestFunction = {
  name: 'Branin',
  space: { x: { kind: 'float', min: -5, max: 10 }, y: { kind: 'float', min: 0, max: 15 } },
  least: 0.397887,
  at(point) {
    const [x, y] = [point['x'] as number, point['y'] as number];
    const bow = y - (5.1 / (4 * Math.PI ** 2)) * x * x + (5 / Math.PI) * x - 6;
    return bow ** 2 + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) + 10;
  },
};

const HEIGHTS = [1, 1.2, 3, 3.2];
const WIDTHS = [
  [10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14],
  [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14],
];
const PLACES = [
  [1312, 1696, 5569, 124, 8283, 5886], [2329, 4135, 8307, 3736, 1004, 9991],
  [2348, 1451, 3522, 2883, 3047, 6650], [4047, 8828, 8732, 5743, 1091, 381],
];

/** Six settings, four hills of which one is the highest (Hartman 1973). */
export const hartmann6: TestFunction = {
  name: 'Hartmann6',
  space: Object.fromEntries(Array.from({ length: 6 }, (_, at) =>
    [`x${at}`, { kind: 'float' as const, min: 0, max: 1 }])),
  least: -3.32237,
  at(point) {
    const x = Object.values(point) as number[];
    return -HEIGHTS.reduce((sum, height, hill) => sum + height * Math.exp(-x.reduce(
      (far, value, at) => far + WIDTHS[hill]![at]! * (value - PLACES[hill]![at]! / 1e4) ** 2, 0)), 0);
  },
};
