import { ServeError } from '../../server/core/errors.ts';
import { TrainingError } from './training-error.ts';

/** What a command says of a failure that is no defect of its own; null where it is one. */
export function troubleOf(error: unknown): string | null {
  return error instanceof TrainingError || error instanceof ServeError ? error.message : null;
}

/**
 * The frame of a command: options that cannot be read end with 2, above how it is used; what cannot be
 * done ends with 1 and says why; anything else is a defect, and thrown.
 */
export async function framed<Options>(
  usage: string, parse: () => Options, work: (options: Options) => number | Promise<number>,
  trouble: (error: unknown) => string | null = troubleOf,
): Promise<number> {
  let options: Options;
  try {
    options = parse();
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    return 2;
  }
  try {
    return await work(options);
  } catch (error) {
    const why = trouble(error);
    if (why === null) throw error;
    console.error(why);
    return 1;
  }
}
