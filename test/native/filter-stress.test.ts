import { suite } from 'node:test';
import { cleanUnderSanitizers } from '../support/sanitized.ts';

suite('The filter index under many threads', () => {
  cleanUnderSanitizers('filter', 'filter_stress.cc', 300, /filters evaluated/);
});
