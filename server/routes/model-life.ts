import type { ModelLife } from '../catalog/directory.ts';
import { ServeError } from '../core/errors.ts';
import { type Answer, jsonAnswer, type Router } from './router.ts';

/** How models' rollouts stand, and, where clients may, ways to change it and to clear caches. */
export function addModelLifeRoutes(router: Router, life: ModelLife, control: boolean): void {
  router.on('GET', '/v1/models/:model/rollout', (_, { model }) =>
    jsonAnswer(JSON.stringify(life.rollout(model as string))));
  const changes: Readonly<Record<string, (model: string) => void>> = {
    'rollout/rollback': (model) => life.changeRollout(model, 'rollback'),
    'rollout/restart': (model) => life.changeRollout(model, 'restart'),
    'cache/clear': (model) => life.clearAnswers(model),
  };
  for (const [path, change] of Object.entries(changes)) {
    router.on('POST', `/v1/models/:model/${path}`, (_, { model }): Answer => {
      if (!control) {
        throw new ServeError('unsupported', 'set VITRINE_MODEL_CONTROL to explicit to change models');
      }
      change(model as string);
      return jsonAnswer('{}');
    });
  }
}
