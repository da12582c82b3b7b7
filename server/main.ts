/** `npm start`: the server, its settings from the environment and the command line. */
import { run } from './serve-command.ts';

process.exit(await run(process.argv.slice(2))); // pool threads may outlive the last answer
