/** Triton's `generate`: a request's bytes and those of its answer. */
import { after, before, suite, test } from 'node:test';
import { checkVector, openKserveServer, type Vector } from '../support/kserve-server.ts';

const error = (text: string): string => JSON.stringify({ error: text });
const SAY = '/v2/models/say/generate';
const HELLO = '{"text_input":"hello","times":3}';
const TOLD = '{"model_name":"say","model_version":"1","text_output":"hello","times":3}';

const VECTORS: readonly Vector[] = [
  { title: 'texts and numbers by their names', path: SAY, body: HELLO, status: 200, answer: TOLD },
  {
    title: 'of a version',
    path: '/v2/models/say/versions/1/generate', body: HELLO, status: 200, answer: TOLD,
  },
  {
    title: 'a stream is one event',
    path: `${SAY}_stream`, body: HELLO, status: 200, answer: `data: ${TOLD}\n\n`,
    answerHeaders: { 'content-type': 'text/event-stream; charset=utf-8' },
  },
  {
    title: 'a list is as long as it is, integers are whole',
    path: SAY, body: '{"text_input":["灯\\n"],"times":[9007199254740993,-1],"id":"q"}', status: 200,
    answer: '{"id":"q","model_name":"say","model_version":"1","text_output":"灯\\n",' +
      '"times":[9007199254740993,-1]}',
  },
  {
    title: 'what is no input is a parameter',
    path: SAY, body: '{"text_input":"a","times":1,"stream":false,"parameters":{"temperature":0.5}}',
    status: 200, answer: TOLD.replace('hello', 'a').replace('3', '1'),
  },
  {
    title: 'a model of numbers',
    path: '/v2/models/sum/generate', body: '{"x":[1,2,3,4]}', status: 200,
    answer: '{"model_name":"sum","model_version":"1","y":10}',
  },
  {
    title: 'an input that is missing',
    path: SAY, body: '{"text_input":"a"}', status: 400,
    answer: error("[request id: <id_unknown>] expected 2 inputs but got 1 inputs for model 'say'. Got " +
      "input(s) ['text_input'], but missing required input(s) ['times']. Please provide all required input(s)."),
  },
  {
    title: 'a number where a text is due',
    path: SAY, body: '{"text_input":7,"times":1}', status: 400,
    answer: error("Unable to parse 'text_input': text_input.data: element 0: expected text, got 7"),
  },
  {
    title: 'more texts than the input has',
    path: SAY, body: '{"text_input":["a","b"],"times":1}', status: 400,
    answer: error("Unable to parse 'text_input': text_input.data: shape [1,1] needs 1 elements, got 2"),
  },
  {
    title: 'a parameter that is a map',
    path: SAY, body: '{"text_input":"a","times":1,"more":{}}', status: 400,
    answer: error("parameter 'more' has invalid type. It should be either 'int', 'bool', or 'string'."),
  },
  {
    title: 'a stream that cannot begin is an error',
    path: '/v2/models/none/generate_stream', body: HELLO, status: 404,
    answer: error("Request for unknown model: 'none' is not found"),
    answerHeaders: { 'content-type': 'application/json' },
  },
  {
    title: 'another method', method: 'GET', path: SAY, status: 405, answer: error('Method Not Allowed'),
  },
];

suite('KServe v2: generate', () => {
  let server: Awaited<ReturnType<typeof openKserveServer>>;
  before(async () => (server = await openKserveServer()));
  after(() => server.close());
  for (const vector of VECTORS) test(vector.title, () => checkVector(server.port, vector));
});
