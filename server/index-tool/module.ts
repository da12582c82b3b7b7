/** What `import … from 'vitrine/index'` gives: the vector index by itself, from any program. */
import { loadAddon } from '../ann/binding.ts';

export * from '../ann/binding.ts';
export { FilterCode, type FilterExpression } from '../ann/filter-code.ts';
export { KeyedIndex, type Key } from '../ann/keyed-index.ts';
export { ServeError } from '../core/errors.ts';
export { collectVectors, readVectors } from './vector-file.ts';
export { VectorFileError, type VectorChunk } from './vector-rows.ts';

export const { VectorIndex, FilterIndex, Bitmap } = loadAddon();
