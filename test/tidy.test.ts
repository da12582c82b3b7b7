/**
 * The house rules that a machine can hold: who imports what, one importer a package, one place
 * for the environment, lengths of files and lines.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { suite, test } from 'node:test';

const ROOT = process.cwd();

/** A room may import itself and these. Files directly in `server/` wire everything together. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  core: [],
  features: ['core', 'wire'],
  customers: ['core', 'wire', 'features', 'explain'],
  explain: ['core'],
  wire: ['core', 'catalog', 'explain'],
  retrain: ['core'],
  watch: ['core', 'observe', 'wire', 'store', 'features', 'catalog', 'customers'],
  observe: ['core'],
  catalog: ['core'],
  ann: ['core'],
  'index-tool': ['core', 'ann'],
  batch: ['core', 'observe', 'catalog'],
  flow: ['core', 'catalog', 'batch'],
  runtime: ['core', 'catalog', 'ann', 'explain'], // ann: for pipelines; explain: trees in plain models
  pool: ['core', 'catalog', 'observe', 'batch', 'runtime'],
  transport: ['core'],
  store: ['core', 'wire', 'intake'],
  intake: ['core', 'wire'],
  check: ['core', 'wire', 'intake', 'store', 'storefront'],
  storefront: [
    'core', 'wire', 'store', 'ann', 'observe', 'catalog', 'client', 'runtime', // runtime: `eval`
    'features', 'explain', 'customers', 'intake',
  ],
  routes: ['core', 'wire', 'intake', 'batch', 'catalog', 'observe', 'storefront', 'transport', 'explain'],
  fronts: ['core', 'wire', 'observe', 'catalog', 'batch', 'flow', 'pool', 'transport', 'storefront', 'routes'],
  experiments: ['core', 'wire', 'flow', 'observe', 'store', 'storefront'], // flow: confidence sequences
  score: ['core', 'wire', 'store', 'features', 'customers', 'storefront', 'catalog', 'runtime'],
  demo: ['core', 'wire', 'store', 'routes', 'transport', 'storefront'],
  client: ['core', 'wire'],
  doctor: ['core', 'ann', 'catalog', 'runtime', 'store', 'transport', 'storefront'], // storefront: text encoder
  page: ['client', 'core', 'wire'],
};

/**
 * The one file that may import each package, on each side where it has two. Tests, benches and the
 * page's import map are free.
 */
const IMPORTERS: Readonly<Record<string, readonly string[]>> = {
  '@tensorflow/tfjs': ['server/runtime/tfjs.ts'],
  '@tensorflow/tfjs-backend-wasm': ['server/runtime/tfjs.ts'],
  'csv-parse': ['server/store/import/csv.ts'],
  'date-holidays': ['server/features/holidays.ts'],
  'hyparquet-writer': ['server/score/parquet.ts'],
  hyparquet: ['server/store/import/parquet.ts'],
  isbot: ['server/wire/robots.ts'],
  lmdb: ['server/store/lmdb-store.ts'],
  msgpackr: ['server/wire/msgpack.ts', 'server/client/codec.ts'],
  'onnxruntime-node': ['server/runtime/onnx.ts', 'models/recipes/onnx/session.ts'],
  piscina: ['server/pool/piscina-thread.ts'],
  protobufjs: ['models/recipes/onnx/proto.ts'],
  'uWebSockets.js': ['server/transport/uws-library.ts'],
  'uWebSockets.js-glibc238': ['server/transport/uws-library.ts'],
  ws: ['server/transport/node-ws.ts', 'server/client/node.ts'],
};

const LINES_MAX = 420;
const COLUMNS_MAX = 120;

const files = ['server', 'models', 'bench', 'test', 'native'].flatMap(sources);

suite('the house is tidy', () => {
  test('a room imports only the rooms below it', () => {
    const wrong = files
      .filter((path) => /^server\/[a-z-]+\/.*\.ts$/.test(path))
      .flatMap((path) => importsOf(path).map((name) => ({ path, name })))
      .filter(({ path, name }) => name.startsWith('.') && !allowed(path, name))
      .map(({ path, name }) => `${path} imports ${name}`);

    assert.deepEqual(wrong, []);
  });

  test('nothing in server/ imports bench or test, and of models only how they are scored', () => {
    const wrong = files
      .filter((path) => path.startsWith('server/') && path !== 'server/cli.ts')
      .filter((path) => importsOf(path).some((name) =>
        /\.\.\/(bench|test|models)\//.test(name) && !/\/models\/learn\/metrics\//.test(name)));

    assert.deepEqual(wrong, []);
  });

  test('each third-party package is imported by the file that has it, and by no other', () => {
    const imports = files
      .filter((path) => /^(server|models)\/.*\.ts$/.test(path))
      .flatMap((path) => packagesOf(path).map((name) => ({ path, name })));
    const wrong = imports
      .filter(({ path, name }) => !(IMPORTERS[name] ?? []).includes(path))
      .map(({ path, name }) => `${path} imports ${name}`);

    assert.deepEqual(wrong, []);
    const used = new Set(imports.map(({ name }) => name));
    assert.deepEqual(Object.keys(IMPORTERS).filter((name) => !used.has(name)), []);
  });

  test('the environment is read by the entry points alone', () => {
    const readers = files
      .filter((path) => path.startsWith('server/') && path.endsWith('.ts'))
      .filter((path) => /process\.env\b/.test(read(path)));

    assert.deepEqual(readers.filter((path) => !/(^|[/-])command\.ts$/.test(path)), []);
  });

  test(`no source file is longer than ${LINES_MAX} lines`, () => {
    const long = files
      .map((path) => ({ path, lines: read(path).split('\n').length }))
      .filter(({ lines }) => lines > LINES_MAX)
      .map(({ path, lines }) => `${path}: ${lines}`);

    assert.deepEqual(long, []);
  });

  test(`no line is wider than ${COLUMNS_MAX} columns`, () => {
    const wide = files.flatMap((path) =>
      read(path)
        .split('\n')
        .flatMap((line, i) => (line.length > COLUMNS_MAX ? [`${path}:${i + 1}`] : [])),
    );

    assert.deepEqual(wide, []);
  });

  test('every top-level folder has its page', () => {
    for (const folder of ['server', 'native', 'kernels', 'models', 'bench', 'test']) {
      assert.ok(read(`${folder}/README.md`).length > 200, `${folder}/README.md`);
    }
  });
});

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true })
    .map((name) => posix.join(folder, String(name).split(sep).join('/')))
    .filter((path) => /\.(ts|mjs|cc|h|cu|css)$/.test(path) && !/\/(fixtures|vectors)\//.test(path));
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

function importsOf(path: string): string[] {
  const found = read(path).matchAll(/(?:^|\n)\s*(?:import|export)\s[^;]*?from\s+'([^']+)'|import\('([^']+)'\)/g);
  return [...found].map((match) => (match[1] ?? match[2]) as string);
}

/** Names of the packages that a file imports or requires, without the paths inside them. */
function packagesOf(path: string): string[] {
  const required = [...read(path).matchAll(/\brequire(?:\.resolve)?\('([^']+)'\)/g)];
  return [...importsOf(path), ...required.map((match) => match[1] as string)]
    .filter((name) => !/^(\.|node:)/.test(name))
    .map((name) => name.split('/').slice(0, name.startsWith('@') ? 2 : 1).join('/'));
}

function allowed(path: string, name: string): boolean {
  const target = relative(ROOT, join(ROOT, dirname(path), name)).split(sep).join('/');
  const from = path.split('/')[1] as string;
  const [top, to, rest] = target.split('/');
  if (top !== 'server') return true; // the test after this one
  if (rest === undefined) return to === 'config.ts';
  return to === from || (MAY_IMPORT[from] ?? []).includes(to as string);
}
