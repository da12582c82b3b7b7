import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { loadAddon } from '../../../../server/ann/binding.ts';
import { Prng } from '../../../../server/core/prng.ts';
import { MemoryStore } from '../../../../server/store/memory-store.ts';
import { CatalogueFilter } from '../../../../server/storefront/filter.ts';
import { inField, LanguageError } from '../../../../server/storefront/language/ast.ts';
import type { Node } from '../../../../server/storefront/language/ast.ts';
import { checkCondition, checkTerm } from '../../../../server/storefront/language/check.ts';
import { boosted, meets } from '../../../../server/storefront/language/evaluate.ts';
import { parse, parseTerm } from '../../../../server/storefront/language/parser.ts';
import { print, printTerm } from '../../../../server/storefront/language/print.ts';
import { randomCondition, randomItem, TYPES } from '../../../support/random-expressions.ts';

const NOW_MS = Date.parse('2026-11-23T12:00:00Z');
const DRESS = {
  id: 'd1', categories: ['dresses', 'sale'], price: 40, inStock: true,
  attributes: { brand: 'x', margin: Math.E, vegan: true, released: '2026-11-01', size: ['s', 'm'] },
};

suite('the language of filters and boosts', () => {
  test('says what an item must be, and means it', () => {
    const setting = { nowMs: NOW_MS, this: { id: 't', categories: ['dresses'], price: 30, inStock: true } };
    const holds = (source: string) => meets(checkCondition(parse(source), TYPES, true), DRESS, setting);

    for (const source of [
      'category in ("dresses", "shoes") and price < 50 and stock and not brand = "y"',
      "brand == 'x'", 'BRAND = "y" OR brand = "x"'.replace('BRAND', 'brand'), 'stock = true', 'not not vegan',
      'price >= 40 AND price <= 40', '40 = price', 'released > now - 30d', 'released < "2026-11-02"',
      'size = "m"', 'size not in ("xl")', 'has(margin)', 'not has(`screen-size`)', '`price` != 3',
      'category = this.category', 'price <= this.price * 1.5', 'id in ["d1", "d2"]', '(price) > (2 + 3) * -1',
    ]) assert.equal(holds(source), true, source);
    for (const source of [
      'price < 40', 'brand != "x"', 'vegan = false', '`screen-size` > 0', 'category = "sale" and false',
      'released < now - 30d', 'this.price > 31', 'has(`price`)', 'brand = this.brand',
    ]) assert.equal(holds(source), false, source);
  });

  test('an error says which character, what was expected and what came', () => {
    const cases: readonly [string, number, RegExp][] = [
      ['', 0, /expected a value, found the end/],
      ['price <', 7, /expected a value, found the end/],
      ['category = sale and', 19, /expected a value, found the end/],
      ['brnd = "x"', 0, /no item has an attribute 'brnd'; is 'brand' meant\?/],
      ['colour = "x"', 0, /no item has an attribute 'colour'; there are category, id, price, stock, /],
      ['brand = "x', 8, /the closing " is missing/],
      ['brand = 3', 8, /text is compared with a number/],
      ['brand < "x"', 0, /'<' does not compare text/],
      ['price in (1, 2', 14, /expected ',' or '\)', found the end/],
      ['price in ()', 9, /the list is empty/],
      ['price < 1 < 2', 10, /'<' follows a comparison/],
      ['price and stock', 0, /expected a yes or no, this is a number/],
      ['price * margin > 2', 0, /compares an attribute as it is/],
      ['price > margin', 0, /compares an attribute as it is/],
      ['released > "soon"', 11, /expected a date/],
      ['price > 30d', 8, /a number is compared with a duration/],
      ['price > 30q', 10, /'q' is no unit of time/],
      ['stock ? 1', 6, /'\?' has no meaning here/],
      ['stock stock', 6, /'stock' comes where the expression should end/],
      ['log(price, 2) > 1', 0, /log takes 1 arguments, not 2/],
      ['evil(price) > 1', 0, /'evil' is no function/],
      ['('.repeat(30) + 'stock', 16, /nests at most 16 deep/],
      ['not '.repeat(12) + 'stock', 40, /a filter nests at most 10 deep/],
    ];

    for (const [source, at, message] of cases) {
      assert.throws(() => checkCondition(parse(source), TYPES, true), (error) =>
        error instanceof LanguageError && error.at === at && message.test(error.message) ||
          assert.fail(`${source}: ${String(error)} at ${(error as LanguageError).at}`));
    }
    assert.throws(() => inField('filter.where', () => parse('price <')),
      { code: 'bad_argument', message: /filter\.where, character 8: expected a value/ });
  });

  test('a boost multiplies or adds, on whom it names; what an item has not changes nothing', () => {
    const boost = (source: string, score = 2, unit = 10) =>
      boosted(score, [checkTerm(parseTerm(source), TYPES)], DRESS, { nowMs: NOW_MS }, unit);

    assert.equal(boost('1.5 if category = "sale"'), 3);
    assert.equal(boost('* 1.5 if category = "boat"'), 2);
    assert.equal(boost('+ 0.2 * log(margin)'), 2 + 0.2 * 10);
    assert.equal(boost('+ `screen-size`'), 2);
    assert.equal(boost('1 / 0'), 2);
    assert.equal(boost('+ 0.1 if price > margin'), 3); // no bitmap: any two facts compare
    assert.equal(boost('-3'), 0);
    assert.equal(boost('max(1, 2) * exp(-(now - released) / 22.5d)').toFixed(6), (4 / Math.E).toFixed(6));
    assert.throws(() => boost('stock'), /expected a number, this is a yes or no/);
  });

  test('what is printed parses to the same, whatever the expression', () => {
    const prng = new Prng(5);
    for (let i = 0; i < 2000; i++) {
      const text = print(randomCondition(prng, 3));
      assert.equal(print(parse(text)), text);
      checkCondition(parse(text), TYPES, true);
    }
    for (const text of ['* 1.5 if category = "sale"', '+ 0.2 * log(margin)', '* (1 + 2) * -(3 - price)']) {
      assert.equal(printTerm(parseTerm(text)), text);
    }
  });

  test('the compiled bitmap is the plain evaluator, on random items and expressions', async () => {
    const prng = new Prng(7);
    let passed = 0;
    for (let round = 0; round < 40; round++) {
      const store = new MemoryStore();
      const filter = new CatalogueFilter(store, loadAddon());
      for (let change = 0; change < 3; change++) {
        // Attributes come with time: the index grows columns for them, and items are replaced.
        const items = Array.from({ length: 30 }, () => randomItem(prng, String(prng.below(60))));
        await store.putItems(items.map((item) => (change > 0 ? item : { ...item, attributes: {} })));
        const start = store.itemAt(prng.below(store.itemCount));
        for (let i = 0; i < 15; i++) {
          const source = print(randomCondition(prng, 3));
          const node: Node = checkCondition(parse(source), TYPES, true);
          const setting = { nowMs: NOW_MS, this: prng.below(3) === 0 ? undefined : start };

          const bitmap = filter.allow({ inStock: false }, new Set(), undefined, { all: [node], setting });

          const want = [...store.items()].filter((item) => meets(node, item, setting)).map(({ row }) => row);
          const got = new Uint32Array(store.itemCount + 1);
          const count = bitmap ? bitmap.rows(0, got) : -1;
          if (!bitmap) assert.equal(want.length, store.itemCount, source);
          else assert.deepEqual([...got.subarray(0, count)], want, source);
          passed += want.length;
        }
      }
      filter.stop();
    }
    assert.ok(passed > 5000, `${passed}`); // of all that was asked, much passes and much does not
  });

  test('whatever is written, the answer is a tree or an error with a position', () => {
    const prng = new Prng(11);
    const pieces = ['price', '"', "'", '`', '(', ')', '[', ']', ' and ', ' or ', 'not ', ' in ', 'has(', 'this.',
      '<', '=', '!', '-', '*', '/', '1', '1e9', '30d', '.', ',', 'if', 'now', '\\', '\u0000', '颜', '😀', '\n', 'brand'];
    for (let i = 0; i < 20_000; i++) {
      let source = prng.below(2) === 0
        ? Array.from({ length: prng.below(12) }, () => prng.pick(pieces)).join('')
        : print(randomCondition(prng, 3));
      for (let edits = prng.below(3); edits > 0; edits--) {
        const at = prng.below(source.length + 1);
        source = source.slice(0, at) + prng.pick(pieces) + source.slice(at + prng.below(3));
      }
      for (const read of [
        () => checkCondition(parse(source), TYPES, true), () => checkTerm(parseTerm(source), TYPES),
      ]) {
        try {
          read();
        } catch (error) {
          assert.ok(error instanceof LanguageError, `${JSON.stringify(source)}: ${String(error)}`);
          assert.ok(error.at >= 0 && error.at <= source.length, JSON.stringify(source));
        }
      }
    }
  });
});
