import { CONFIG_LIMITS } from './config-limits.ts';
import type { EnsembleStep, TensorConfig } from './model-config.ts';
import type { Node } from './node.ts';

/**
 * `ensemble_scheduling`: which models run, and what goes from one to the next. Tensors of the
 * ensemble have names of their own: its inputs, its outputs, and those between. Fails where one of
 * them has no source or two, is not used, or where steps wait for each other in a circle. Steps
 * come back in an order in which each has its inputs.
 */
export function parseEnsemble(
  node: Node, input: readonly TensorConfig[], output: readonly TensorConfig[],
): readonly EnsembleStep[] {
  const list = node.fields(['step']).at('step').list(1, CONFIG_LIMITS.stepsMax);
  const steps = list.map(parseStep);
  const sources = new Set(input.map(({ name }) => name));
  list.forEach((at, i) => {
    for (const name of Object.values((steps[i] as EnsembleStep).output_map)) {
      if (sources.has(name)) at.at('output_map').fail(`'${name}' has another source already`);
      sources.add(name);
    }
  });
  list.forEach((at, i) => {
    for (const name of Object.values((steps[i] as EnsembleStep).input_map)) {
      if (!sources.has(name)) at.at('input_map').fail(`'${name}' comes from no input and no step`);
    }
  });
  for (const { name } of output) {
    if (!sources.has(name)) node.fail(`output '${name}' comes from no step`);
  }
  const used = new Set([
    ...output.map(({ name }) => name), ...steps.flatMap((step) => Object.values(step.input_map)),
  ]);
  const idle = input.find(({ name }) => !used.has(name));
  if (idle) node.fail(`input '${idle.name}' goes to no step`);
  return inOrder(node, steps, input);
}

function parseStep(node: Node): EnsembleStep {
  node.fields(['model_name', 'model_version', 'input_map', 'output_map']);
  const map = (name: string): Record<string, string> => {
    const names = node.at(name).map((each) => each.text(CONFIG_LIMITS.nameMax));
    if (Object.keys(names).length === 0) node.at(name).fail('must name at least one tensor');
    return names;
  };
  const version = node.at('model_version').optional(-1, (each) =>
    each.integer(-1, Number.MAX_SAFE_INTEGER));
  if (version === 0) node.at('model_version').fail('must be a version, or -1 for the newest');
  return {
    model_name: node.at('model_name').text(CONFIG_LIMITS.nameMax),
    model_version: version,
    input_map: map('input_map'),
    output_map: map('output_map'),
  };
}

function inOrder(
  node: Node, steps: readonly EnsembleStep[], input: readonly TensorConfig[],
): EnsembleStep[] {
  const known = new Set(input.map(({ name }) => name));
  const ordered: EnsembleStep[] = [];
  let left = [...steps];
  while (left.length > 0) {
    const ready = left.filter(
      (step) => Object.values(step.input_map).every((name) => known.has(name)),
    );
    if (ready.length === 0) {
      const names = left.map(({ model_name }) => model_name).join(', ');
      node.fail(`the steps ${names} wait for each other in a circle`);
    }
    ordered.push(...ready);
    left = left.filter((step) => !ready.includes(step));
    for (const step of ready) for (const name of Object.values(step.output_map)) known.add(name);
  }
  return ordered;
}
