/** A row of a batch that the model could not run, and why. */
export interface RowFailure {
  readonly row: number; // its place in the batch
  readonly message: string; // of this row alone: it may quote the row's own values
}
