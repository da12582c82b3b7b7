import { DATATYPE_BYTES } from '../core/tensor.ts';
import { CONFIG_LIMITS } from './config-limits.ts';
import type { SequenceConfig, SequenceControl, SequenceState } from './model-config.ts';
import type { Node } from './node.ts';

const KINDS = [
  'CONTROL_SEQUENCE_START', 'CONTROL_SEQUENCE_END', 'CONTROL_SEQUENCE_READY',
  'CONTROL_SEQUENCE_CORRID',
] as const;
/** False and true of a flag, by the datatype that the model takes it in. */
const FLAGS = {
  int32_false_true: 'TYPE_INT32',
  fp32_false_true: 'TYPE_FP32',
  bool_false_true: 'TYPE_BOOL',
} as const;
const IDS = ['TYPE_UINT64', 'TYPE_INT64', 'TYPE_UINT32', 'TYPE_INT32'] as const;
const SECOND_US = 1_000_000;

/**
 * `sequence_batching`, with Triton's names. One of `direct` and `oldest`; `direct` where neither
 * is.
 */
export function parseSequence(node: Node): SequenceConfig {
  const fields = node.fields([
    'max_sequence_idle_microseconds', 'direct', 'oldest', 'control_input', 'state',
  ]);
  if (fields.at('direct').present && fields.at('oldest').present) {
    fields.at('oldest').fail('goes not with direct');
  }
  if (fields.at('direct').present) fields.at('direct').fields([]);
  const most = fields.at('oldest').optional(0, (oldest) =>
    oldest.fields(['max_candidate_sequences']).at('max_candidate_sequences')
      .integer(1, CONFIG_LIMITS.sequencesMax));
  return {
    max_sequence_idle_microseconds: fields.at('max_sequence_idle_microseconds').optional(
      SECOND_US, (each) => each.integer(1, CONFIG_LIMITS.sequenceIdleUsMax)),
    max_candidate_sequences: most,
    control_input: fields.at('control_input').optional([], (list) =>
      list.list(0, KINDS.length).map(parseControl)),
    state: fields.at('state').optional([], (list) =>
      list.list(0, CONFIG_LIMITS.tensorsMax).map(parseState)),
  };
}

function parseControl(node: Node): SequenceControl {
  const fields = node.fields(['name', 'control']);
  const [control] = fields.at('control').list(1, 1) as [Node];
  control.fields(['kind', 'data_type', ...Object.keys(FLAGS)]);
  const name = fields.at('name').text(CONFIG_LIMITS.nameMax);
  const kind = control.at('kind').oneOf(KINDS);
  if (kind === 'CONTROL_SEQUENCE_CORRID') {
    return { name, kind, data_type: control.at('data_type').oneOf(IDS), values: [0, 1] };
  }
  const given = (Object.keys(FLAGS) as (keyof typeof FLAGS)[]).filter((each) =>
    control.at(each).present);
  const [how] = given;
  if (how === undefined || given.length > 1) {
    return control.fail(`must hold one of ${Object.keys(FLAGS).join(', ')}`);
  }
  const [no, yes] = control.at(how).list(2, 2) as [Node, Node];
  const value = (each: Node): number => how === 'bool_false_true'
    ? Number(each.flag()) : each.number(-2_147_483_648, 2_147_483_647);
  return { name, kind, data_type: FLAGS[how], values: [value(no), value(yes)] };
}

/** A state begins as zeros: the only initial state there is. */
function parseState(node: Node): SequenceState {
  const fields = node.fields(['input_name', 'output_name', 'data_type', 'dims', 'initial_state']);
  const type = fields.at('data_type').text(32);
  if (!Object.keys(DATATYPE_BYTES).some((each) => type === `TYPE_${each}`)) {
    fields.at('data_type').fail('must be a type of numbers, such as TYPE_FP32');
  }
  fields.at('initial_state').optional(undefined, (list) => {
    for (const each of list.list(0, 1)) {
      each.fields(['data_type', 'dims', 'name', 'zero_data']).at('zero_data').only(true);
    }
    return undefined;
  });
  return {
    input_name: fields.at('input_name').text(CONFIG_LIMITS.nameMax),
    output_name: fields.at('output_name').text(CONFIG_LIMITS.nameMax),
    data_type: type as SequenceState['data_type'],
    dims: fields.at('dims').list(0, CONFIG_LIMITS.rankMax).map(
      (dim) => dim.integer(1, 0x7fff_ffff),
    ),
  };
}
