import { suite } from 'node:test';
import { cleanUnderSanitizers } from '../support/sanitized.ts';

suite('The session index under many threads', () => {
  cleanUnderSanitizers('session', 'session_stress.cc', 300, /items answered/);
});
