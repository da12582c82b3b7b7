import { ServeError } from '../core/errors.ts';
import { decodeJson } from '../wire/json.ts';
import { jsonAnswer, type Router } from './router.ts';

/** What the routes want of `Experiments`. */
export interface ExperimentDesk {
  readonly definitions: object;
  /** Fails with `unknown_path`. */
  results(name: string): object;
  /** Fails with `bad_argument` naming the path of what is wrong; then nothing has changed. */
  replace(value: unknown): void;
}

/**
 * `GET /v1/experiments`: all of them; `PUT` replaces them, where clients may change models or the
 * group `experiments` has a key. `GET /v1/experiments/NAME`: one's state and results.
 */
export function addExperimentRoutes(router: Router, desk: ExperimentDesk, control: boolean): void {
  router.on('GET', '/v1/experiments', () => jsonAnswer(JSON.stringify(desk.definitions)));
  router.on('PUT', '/v1/experiments', ({ body }) => {
    if (!control) {
      throw new ServeError('unsupported', 'give the group `experiments` a key in VITRINE_RESTRICTED_API, ' +
        'or set VITRINE_MODEL_CONTROL to explicit, to change experiments');
    }
    desk.replace(decodeJson(body));
    return jsonAnswer(JSON.stringify(desk.definitions));
  });
  router.on('GET', '/v1/experiments/:name', (_, { name = '' }) =>
    jsonAnswer(JSON.stringify(desk.results(name))));
}
