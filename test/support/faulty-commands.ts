/** First values of a row that make a faulty worker misbehave. */
export const COMMANDS = { fail: 9001, hang: 9002, exit: 9003, crashLater: 9004, eat: 9005 } as const;
