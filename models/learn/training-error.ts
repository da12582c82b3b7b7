/** Why a training cannot go on: its message is for the person who started it. Never a defect. */
export class TrainingError extends Error {
  override readonly name = 'TrainingError';
}
