/** ONNX Runtime through the addon, as TypeScript sees it: one copy of a model for all threads. */

export interface OnnxModelConstructor {
  readonly prototype: NativeOnnxModel;
  /**
   * Opens a model file with the ONNX Runtime library of this path; a process has one. Fails with
   * `unsupported` where the library does not open, with `internal` where the model does not.
   */
  new (library: string, file: string): NativeOnnxModel;
  /** The same model on another thread. Fails when nobody has it open any more. */
  attach(token: bigint): NativeOnnxModel;
}

/** A handle, of one thread. The model is there until the last handle is closed. */
export interface NativeOnnxModel {
  readonly token: bigint;
  readonly inputs: readonly OnnxModelTensor[];
  readonly outputs: readonly OnnxModelTensor[];
  /**
   * Tensors over arrays of the caller's, ordinary or shared, which `run` reads and writes by the number
   * that this gives. The arrays are kept as long as the handle is open.
   */
  bind(inputs: readonly OnnxModelBlock[], outputs: readonly OnnxModelBlock[]): number;
  /** Synchronous. Fails with `internal`, in the runtime's words. */
  run(binding: number): void;
  close(): void;
}

export interface OnnxModelTensor {
  readonly name: string;
  readonly type: number; // as TensorProto.DataType; 0 is no tensor
  readonly shape: readonly number[]; // -1 where the size is free
}

export interface OnnxModelBlock {
  readonly name: string;
  readonly type: number;
  readonly data: ArrayBufferView; // at least as many bytes as the shape says
  readonly shape: readonly number[];
}
