import type { ModelOverride } from '../catalog/directory.ts';
import { ServeError } from '../core/errors.ts';
import { Fields } from './fields.ts';
import { decodeJson } from './json.ts';
import { KserveError, parsing } from './kserve-error.ts';
import { scanJson } from './scan-json.ts';

const BASE64 = /^[A-Za-z0-9+/\s]*={0,2}\s*$/;

/** A control request's body as a map; one without fields where the body is empty. */
export function controlFields(body: Uint8Array): Fields {
  try {
    return Fields.of(body.byteLength === 0 ? {} : decodeJson(body), 'a request');
  } catch (error) {
    if (!(error instanceof ServeError)) throw error;
    const text = `failed to parse the request JSON buffer: ${error.detail}`;
    throw new KserveError(error.code, text, error);
  }
}

/** `{ready?}`: whether models that are not ready are left out. */
export function decodeIndex(body: Uint8Array): boolean {
  const fields = controlFields(body);
  return parsing('ready', () => fields.flag('ready')) ?? false;
}

/**
 * `{parameters?: {config?, 'file:VERSION/NAME'?}}`: the configuration as JSON in a text, files in
 * base64, which need the configuration beside them. Undefined where there is neither. Fails with
 * `bad_argument`.
 */
export function decodeLoad(body: Uint8Array): ModelOverride | undefined {
  const parameters = parametersOf(controlFields(body));
  if (parameters === null) return undefined;
  const files = new Map<string, Uint8Array>();
  let config: unknown;
  for (const [name, value] of parameters.entries()) {
    if (typeof value !== 'string') {
      throw new KserveError('bad_argument', `Unable to parse '${name}': it must be a string`);
    }
    if (name === 'config') config = decodeConfig(value);
    else if (name.startsWith('file:')) files.set(name.slice('file:'.length), decodeFile(name, value));
    else {
      throw new KserveError('bad_argument',
        `unexpected parameter '${name}': a load takes 'config' and 'file:VERSION/NAME'`);
    }
  }
  if (files.size > 0 && config === undefined) {
    throw new KserveError('bad_argument', "parameter 'config' must be given where files are");
  }
  return config === undefined ? undefined : { config, files };
}

/** `{parameters?: {unload_dependents?}}`. */
export function decodeUnload(body: Uint8Array): { readonly dependents: boolean } {
  const parameters = parametersOf(controlFields(body));
  const dependents = parsing('unload_dependents', () => parameters?.flag('unload_dependents'));
  return { dependents: dependents ?? false };
}

function parametersOf(fields: Fields): Fields | null {
  return parsing('parameters', () => {
    const value = fields.raw('parameters');
    return value === undefined ? null : Fields.of(value, 'parameters', fields.at('parameters'));
  });
}

function decodeConfig(text: string): unknown {
  parsing('config', () => scanJson(text)); // bounds it: a text inside the text was not looked into
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new KserveError('bad_argument', `Unable to parse 'config': ${(cause as Error).message}`);
  }
}

function decodeFile(name: string, text: string): Uint8Array {
  if (BASE64.test(text)) return Buffer.from(text, 'base64');
  throw new KserveError('bad_argument', `Unable to parse '${name}': it must be base64`);
}
