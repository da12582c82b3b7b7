import { parseArgs } from 'node:util';
import { openApp } from './app.ts';
import { tuneCollector } from './collector.ts';
import { readConfig, settingsTable } from './config.ts';
import { Log, type LogLevel } from './core/log.ts';

export const usage = [
  'vitrine serve [--data DIR] [--models DIR] [--host HOST] [--port PORT] [--demo]',
  '  runs the server until SIGTERM or SIGINT',
  '  --demo makes the demo shop if the store is empty, which the default folder needs no word for',
  '  Options win over the environment, which may say:',
  '',
  settingsTable(),
].join('\n');

/** Runs the server. Resolves when it has been told to end and has done so. */
export async function run(args: string[]): Promise<number> {
  tuneCollector();
  const { values } = parseArgs({
    args,
    options: {
      data: { type: 'string' },
      models: { type: 'string' },
      host: { type: 'string' },
      port: { type: 'string' },
      demo: { type: 'boolean', default: false },
    },
  });
  const config = readConfig({
    ...process.env,
    ...(values.data !== undefined && { VITRINE_DATA: values.data }),
    ...(values.models !== undefined && { VITRINE_MODELS: values.models }),
    ...(values.host !== undefined && { VITRINE_HOST: values.host }),
    ...(values.port !== undefined && { PORT: values.port }),
    ...(values.demo && { VITRINE_DEMO: 'yes' }),
  });
  const app = await openApp(config, new Log(config.logLevel as LogLevel));
  const address = `http://${config.host}:${app.port}`;
  console.log(`Vitrine is ready on ${app.transport}.`);
  console.log(`  the store      ${address}/`);
  console.log(`  WebSocket      ${address.replace('http', 'ws')}/ws`);
  console.log(`  KServe v2      ${address}/v2`);
  console.log(`  metrics        ${address}/metrics`);
  await ended();
  await app.close();
  return 0;
}

function ended(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });
}
