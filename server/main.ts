/** `npm start`: `vitrine serve`, its settings from the environment and the command line. */
process.argv.splice(2, 0, 'serve');
await import('./cli.ts');
