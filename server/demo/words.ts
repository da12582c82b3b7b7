/** What the demo shop's catalogue is put together from. All brands are made up. */

export interface CategoryWords {
  readonly id: string; // first part of the item ids
  readonly name: string;
  readonly department: string;
  readonly price: number; // typical, in the shop's currency
  readonly share: number; // of the shop's visits, before seasons
  readonly kinds: readonly string[]; // each is drawn differently
  readonly lines: readonly string[]; // model names
  readonly goesWith: readonly string[]; // ids of categories bought along with it
  /** Demand by month, January first; 1 is the year's mean. */
  readonly season: readonly number[];
}

const LEVEL = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1];
const WINTER = [1.3, 1.2, 1, 0.9, 0.8, 0.7, 0.7, 0.8, 1, 1.2, 1.3, 1.4];
const SPRING = [0.8, 0.9, 1.3, 1.5, 1.4, 1.1, 0.9, 0.8, 0.9, 0.8, 0.8, 0.8];
const SUMMER = [0.7, 0.7, 0.9, 1.1, 1.3, 1.4, 1.4, 1.2, 1, 0.8, 0.7, 0.8];
const SCHOOL = [0.9, 0.8, 0.8, 0.9, 0.9, 0.9, 1.1, 1.7, 1.5, 0.9, 0.8, 0.8];
const GIFTS = [0.7, 0.9, 0.8, 0.9, 1, 0.9, 0.8, 0.8, 0.9, 1, 1.5, 1.8];

export const CATEGORY_WORDS: readonly CategoryWords[] = [
  {
    id: 'lamps', name: 'Lamps', department: 'Living', price: 84, share: 1.2,
    kinds: ['Table Lamp', 'Floor Lamp', 'Desk Lamp', 'Pendant Light'],
    lines: ['Arc', 'Dune', 'Halo', 'Mirra', 'Vesper', 'Onda', 'Tilt', 'Lantern'],
    goesWith: ['chairs', 'cushions', 'plants'], season: WINTER,
  },
  {
    id: 'chairs', name: 'Chairs', department: 'Living', price: 189, share: 0.9,
    kinds: ['Dining Chair', 'Lounge Chair', 'Stool', 'Shell Chair'],
    lines: ['Bow', 'Pier', 'Loft', 'Saddle', 'Osla', 'Plank', 'Reed', 'Haven'],
    goesWith: ['cushions', 'lamps'], season: LEVEL,
  },
  {
    id: 'cushions', name: 'Cushions', department: 'Living', price: 34, share: 1,
    kinds: ['Striped Cushion', 'Linen Cushion', 'Bouclé Cushion', 'Checked Cushion'],
    lines: ['Meadow', 'Tide', 'Cove', 'Pebble', 'Fable', 'Harvest', 'Nook', 'Brim'],
    goesWith: ['chairs', 'lamps'], season: WINTER,
  },
  {
    id: 'clocks', name: 'Clocks', department: 'Living', price: 58, share: 0.6,
    kinds: ['Wall Clock', 'Mantel Clock', 'Alarm Clock', 'Station Clock'],
    lines: ['Quarter', 'Noon', 'Metro', 'Tally', 'Orbit', 'Minute', 'Dial', 'Crown'],
    goesWith: ['lamps', 'chairs'], season: GIFTS,
  },
  {
    id: 'mugs', name: 'Mugs', department: 'Table', price: 18, share: 1.4,
    kinds: ['Mug', 'Espresso Cup', 'Tall Mug', 'Camp Mug'],
    lines: ['Ember', 'Speckle', 'Morrow', 'Brook', 'Hearth', 'Sill', 'Kiln', 'Dawn'],
    goesWith: ['bottles', 'vases'], season: GIFTS,
  },
  {
    id: 'vases', name: 'Vases', department: 'Table', price: 42, share: 0.8,
    kinds: ['Bud Vase', 'Amphora Vase', 'Cylinder Vase', 'Round Vase'],
    lines: ['Iris', 'Stem', 'Petal', 'Coral', 'Willow', 'Aster', 'Fern', 'Bloom'],
    goesWith: ['plants', 'mugs'], season: SPRING,
  },
  {
    id: 'plants', name: 'Plants', department: 'Table', price: 29, share: 1,
    kinds: ['Snake Plant', 'Cactus', 'Rubber Plant', 'Trailing Ivy'],
    lines: ['Little', 'Sunny', 'Shade', 'Window', 'Jungle', 'Desk', 'Patio', 'Evergreen'],
    goesWith: ['vases', 'lamps'], season: SPRING,
  },
  {
    id: 'bottles', name: 'Bottles', department: 'Table', price: 27, share: 0.9,
    kinds: ['Water Bottle', 'Flask', 'Carafe', 'Sport Bottle'],
    lines: ['Trail', 'Creek', 'Summit', 'Drift', 'Spring', 'Glacier', 'Current', 'Well'],
    goesWith: ['backpacks', 'mugs'], season: SUMMER,
  },
  {
    id: 'backpacks', name: 'Backpacks', department: 'Carry', price: 96, share: 1.1,
    kinds: ['Rolltop Backpack', 'Day Pack', 'School Backpack', 'Travel Backpack'],
    lines: ['Ridge', 'Commuter', 'Harbour', 'Alpine', 'Courier', 'Atlas', 'Ramble', 'Depot'],
    goesWith: ['bottles', 'sneakers'], season: SCHOOL,
  },
  {
    id: 'sneakers', name: 'Sneakers', department: 'Wear', price: 112, share: 1.6,
    kinds: ['Runner', 'High-Top', 'Court Sneaker', 'Slip-On'],
    lines: ['Pace', 'Volt', 'Glide', 'Stride', 'Rally', 'Tempo', 'Coast', 'Breeze'],
    goesWith: ['backpacks', 'watches'], season: SUMMER,
  },
  {
    id: 'headphones', name: 'Headphones', department: 'Wear', price: 149, share: 1.3,
    kinds: ['Over-Ear Headphones', 'On-Ear Headphones', 'Studio Headphones', 'Kids Headphones'],
    lines: ['Echo', 'Timbre', 'Hush', 'Pulse', 'Aria', 'Chord', 'Signal', 'Nocturne'],
    goesWith: ['watches', 'backpacks'], season: GIFTS,
  },
  {
    id: 'watches', name: 'Watches', department: 'Wear', price: 165, share: 0.9,
    kinds: ['Field Watch', 'Dress Watch', 'Dive Watch', 'Digital Watch'],
    lines: ['Meridian', 'Pilot', 'Regent', 'Tidal', 'Apex', 'Linden', 'Sector', 'Compass'],
    goesWith: ['headphones', 'sneakers'], season: GIFTS,
  },
];

/** Axes of style: plain to ornate, cool to warm, classic to playful, town to outdoors. */
export type Style = readonly [ornate: number, warm: number, playful: number, outdoors: number];

export interface Brand {
  readonly name: string;
  readonly tier: number; // factor on the price
  readonly style: Style;
  readonly departments: readonly string[];
}

function brand(name: string, tier: number, style: Style, ...departments: string[]): Brand {
  return { name, tier, style, departments };
}

export const BRANDS: readonly Brand[] = [
  brand('Norrvik', 1.2, [-1.2, -0.6, -0.3, 0], 'Living', 'Table'),
  brand('Casa Orell', 1.5, [1.2, 0.9, -0.4, -0.5], 'Living', 'Table'),
  brand('Pommelo', 0.7, [0.1, 0.6, 1.5, 0], 'Living', 'Table', 'Wear'),
  brand('Hollis & Wren', 1.3, [0.7, 0.5, -1.2, 0.2], 'Living', 'Carry', 'Wear'),
  brand('Brackwater', 1, [-0.3, 0.1, -0.4, 1.4], 'Carry', 'Wear', 'Table'),
  brand('Studio Tessel', 1.1, [0.3, -0.5, 0.9, -0.8], 'Living', 'Table', 'Wear'),
  brand('Quillon', 1.7, [0.5, -0.3, -1.1, -0.7], 'Wear', 'Living'),
  brand('Everday', 0.6, [-0.6, 0.1, 0.2, 0.1], 'Living', 'Table', 'Carry', 'Wear'),
  brand('Fellmark', 1.25, [-0.7, -0.5, 0.3, 1.3], 'Carry', 'Wear'),
  brand('Lumo', 0.9, [-0.8, -0.9, 0.8, -0.4], 'Living', 'Wear', 'Carry'),
  brand('Terra Nova Goods', 0.95, [0.4, 1.3, 0.1, 0.8], 'Table', 'Living', 'Carry'),
  brand('Marlow Lane', 1.4, [0.9, 0.2, -0.6, -0.9], 'Table', 'Wear', 'Carry'),
];

export interface Colour {
  readonly name: string;
  readonly hex: string;
  readonly warm: number; // -1..1
}

export const COLOURS: readonly Colour[] = [
  { name: 'Sage', hex: '#8fa58a', warm: -0.2 },
  { name: 'Terracotta', hex: '#c4694a', warm: 1 },
  { name: 'Ink', hex: '#2f3a4f', warm: -0.8 },
  { name: 'Oat', hex: '#d8c7a8', warm: 0.4 },
  { name: 'Mustard', hex: '#d9a13b', warm: 0.8 },
  { name: 'Blush', hex: '#dfa8a0', warm: 0.6 },
  { name: 'Slate', hex: '#71808c', warm: -0.6 },
  { name: 'Forest', hex: '#3f5f4c', warm: -0.3 },
  { name: 'Rust', hex: '#9c4a32', warm: 0.9 },
  { name: 'Sky', hex: '#8db4cf', warm: -0.9 },
  { name: 'Plum', hex: '#6b4562', warm: 0.1 },
  { name: 'Chalk', hex: '#e9e4da', warm: 0 },
];
