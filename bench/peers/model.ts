import * as ort from 'onnxruntime-node';

/** An ONNX file as a peer would hold it: one run a request, on the thread that asks. */
export interface PeerModel {
  /** One row in, the first output's row out. */
  answer(inputs: readonly number[]): Promise<number[]>;
}

export async function openModel(path: string): Promise<PeerModel> {
  const session = await ort.InferenceSession.create(path, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  const input = session.inputNames[0] as string;
  const output = session.outputNames[0] as string;
  return {
    async answer(inputs) {
      const row = new ort.Tensor('float32', Float32Array.from(inputs), [1, inputs.length]);
      const outputs = await session.run({ [input]: row });
      return Array.from((outputs[output] as ort.Tensor).data as Float32Array);
    },
  };
}
