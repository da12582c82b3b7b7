import { ServeError } from '../core/errors.ts';
import type { TreeColumn, TreeEnsemble } from './tree-ensemble.ts';

const FORMAT = 'vitrine-trees-1';

/** The arrays of an ensemble, by what their bytes are. */
const ARRAYS = {
  roots: Int32Array,
  feature: Int32Array,
  threshold: Float32Array,
  set: Int32Array,
  missingLeft: Uint8Array,
  left: Int32Array,
  right: Int32Array,
  value: Float32Array,
  cover: Float64Array,
  bits: Uint32Array,
} as const;
type ArrayName = keyof typeof ARRAYS;

/** The ensemble as the text of a `trees.json`: arrays as base64 of their little-endian bytes. */
export function writeTrees(trees: TreeEnsemble): string {
  const arrays = (Object.keys(ARRAYS) as ArrayName[]).map((name) => {
    const { buffer, byteOffset, byteLength } = trees[name];
    return [name, Buffer.from(buffer, byteOffset, byteLength).toString('base64')];
  });
  const { columns, link, base } = trees;
  return `${JSON.stringify({ format: FORMAT, link, base, columns, ...Object.fromEntries(arrays) })}\n`;
}

/** The very ensemble that `writeTrees` wrote. Fails with `bad_argument` where the text is no such. */
export function readTrees(text: string): TreeEnsemble {
  let json: Record<string, unknown>;
  try {
    json = JSON.parse(text) as Record<string, unknown>;
  } catch (cause) {
    throw new ServeError('bad_argument', 'trees.json is not JSON', { cause });
  }
  if (json?.format !== FORMAT) throw bad(`its format is not '${FORMAT}'`);
  const { link, base, columns } = json;
  if (link !== 'identity' && link !== 'logistic') throw bad('unknown link');
  if (typeof base !== 'number') throw bad('no base');
  if (!Array.isArray(columns) || !columns.every(isColumn)) throw bad('no columns');
  const arrays = Object.fromEntries(Object.entries(ARRAYS).map(([name, ArrayType]) => {
    const coded = json[name];
    if (typeof coded !== 'string') throw bad(`no '${name}'`);
    const bytes = Uint8Array.from(Buffer.from(coded, 'base64')).buffer; // aligned
    if (bytes.byteLength % ArrayType.BYTES_PER_ELEMENT !== 0) throw bad(`'${name}' is cut off`);
    return [name, new ArrayType(bytes)];
  })) as Pick<TreeEnsemble, ArrayName>;
  const trees: TreeEnsemble = { columns, link, base, ...arrays };
  checkTrees(trees);
  return trees;
}

/** Fails with `bad_argument` unless walking the trees ends at a leaf, whatever the row. */
export function checkTrees(trees: TreeEnsemble): void {
  const { columns, roots, feature, set, left, right, bits } = trees;
  const nodes = feature.length;
  for (const name of ['threshold', 'set', 'missingLeft', 'left', 'right', 'value', 'cover'] as const) {
    if (trees[name].length !== nodes) throw bad(`'${name}' is not one a node`);
  }
  if (nodes > 0 && roots[0] !== 0) throw bad('the first node is no root');
  const parents = new Uint8Array(nodes);
  roots.forEach((root, tree) => {
    const end = roots[tree + 1] ?? nodes;
    if (!(root >= 0 && root < end)) throw bad(`tree ${tree} has no nodes`);
    parents[root] = 1;
    for (let node = root; node < end; node += 1) {
      const asks = feature[node] as number;
      if (asks === -1) continue;
      const column = columns[asks];
      if (!column) throw bad(`node ${node} asks about column ${asks}`);
      for (const child of [left[node] as number, right[node] as number]) {
        if (!(child > node && child < end)) throw bad(`node ${node} has child ${child}`);
        parents[child] = (parents[child] as number) + 1;
      }
      const from = set[node] as number;
      const words = Math.ceil(column.categories / 32);
      const known = from === -1 || (from >= 0 && words > 0 && from + words <= bits.length);
      if (!known) throw bad(`node ${node} has no such set`);
    }
  });
  const odd = parents.findIndex((count) => count !== 1);
  if (odd !== -1) throw bad(`node ${odd} has ${parents[odd]} parents`);
}

function isColumn(column: unknown): column is TreeColumn {
  const { name, categories } = (column ?? {}) as Partial<TreeColumn>;
  return typeof name === 'string' && Number.isInteger(categories) && (categories as number) >= 0;
}

function bad(detail: string): ServeError {
  return new ServeError('bad_argument', `trees.json: ${detail}`);
}
