import { createHash } from 'node:crypto';
import { readFile, realpath, stat } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { ServeError } from '../core/errors.ts';
import type { HttpRequest } from '../transport/transport.ts';
import type { Answer, Router } from './router.ts';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
};
const FILE_BYTES_MAX = 16_777_216;
const CACHED_MAX = 256; // files

interface Cached {
  readonly mtimeMs: number;
  readonly bytes: number;
  readonly etag: string;
  readonly body: Uint8Array;
}

/**
 * The files of one folder, served below a path. A path that ends in `/` is its `index.html`. Never
 * leaves the folder, by `..`, escapes or links; files and folders that begin with a dot are not
 * served. Browsers keep a copy and ask with its ETag, so that a rebuilt page is seen at once.
 */
export class StaticFiles {
  readonly #cache = new Map<string, Cached>();

  constructor(private readonly folder: string) {}

  /** Serves `prefix` (`/`, `/demo/`) and all that is below. */
  addTo(router: Router, prefix: string): void {
    router.on('GET', `${prefix}*`, (request, params) =>
      this.answer(request, params['*'] as string),
    );
  }

  /** `path` is decoded and relative to the folder. Fails with `unknown_path`. */
  async answer(request: HttpRequest, path: string): Promise<Answer> {
    const name = path === '' || path.endsWith('/') ? `${path}index.html` : path;
    const file = await this.#read(name);
    const headers = {
      'content-type': CONTENT_TYPES[extname(name)] ?? 'application/octet-stream',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      etag: file.etag,
    };
    const seen = request
      .header('if-none-match')
      .split(',')
      .map((tag) => tag.trim().replace(/^W\//, ''));
    if (seen.includes(file.etag) || seen.includes('*')) return { status: 304, headers, body: '' };
    return { status: 200, headers, body: file.body };
  }

  async #read(name: string): Promise<Cached> {
    const absent = (): ServeError => new ServeError('unknown_path', name.slice(0, 200));
    const parts = name.split('/');
    if (parts.some((part) => part === '' || part.startsWith('.')) || /[\\\0]/.test(name)) {
      throw absent();
    }
    let path: string;
    let facts;
    try {
      path = await realpath(join(this.folder, ...parts));
      facts = await stat(path);
    } catch {
      throw absent();
    }
    const inside = path.startsWith((await realpath(this.folder)) + sep);
    if (!inside || !facts.isFile() || facts.size > FILE_BYTES_MAX) throw absent();
    const cached = this.#cache.get(path);
    if (cached && cached.mtimeMs === facts.mtimeMs && cached.bytes === facts.size) return cached;
    const body = await readFile(path);
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
    const fresh = { mtimeMs: facts.mtimeMs, bytes: facts.size, etag, body };
    if (this.#cache.size < CACHED_MAX || cached) this.#cache.set(path, fresh);
    return fresh;
  }
}
