import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { makeCatalogue } from '../../../server/demo/catalogue.ts';
import { pictureSvg } from '../../../server/demo/picture.ts';

suite('Pictures', () => {
  const catalogue = makeCatalogue();

  test('every item has a well-formed picture that needs nothing from outside', () => {
    for (const { id, picture } of catalogue) {
      const svg = pictureSvg(picture);

      assert.ok(svg !== undefined, id);
      assert.doesNotMatch(svg, /NaN|undefined|href|https?:(?!\/\/www\.w3\.org)/, id);
      assertWellFormed(svg, id);
      assert.ok(svg.length < 16_000, `${id}: ${svg.length} characters`);
    }
  });

  test('the same words draw the same picture; kind, colour and seed each change it', () => {
    const picture = pictureSvg('mugs/0/1/5');

    assert.equal(pictureSvg('mugs/0/1/5'), picture);
    for (const other of ['mugs/1/1/5', 'mugs/0/2/5', 'mugs/0/1/6']) {
      assert.notEqual(pictureSvg(other), picture);
    }
  });

  test('words that are none of ours draw nothing', () => {
    const foreign = [
      '', 'mugs', 'mugs/9/1/5', 'mugs/0/99/5', 'toString/0/1/5', 'mugs/0/1/5/x', 'https://a/b.png',
    ];
    for (const words of foreign) assert.equal(pictureSvg(words), undefined, words);
  });
});

/** Tags nest, and no tag has an attribute twice: what an XML parser would refuse. */
function assertWellFormed(svg: string, id: string): void {
  const open: string[] = [];
  for (const [tag, close, name, attributes, empty] of
    svg.matchAll(/<(\/?)([a-zA-Z]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/g)) {
    const names = [...(attributes ?? '').matchAll(/([\w:-]+)=/g)].map((match) => match[1]);
    assert.equal(new Set(names).size, names.length, `${id}: ${tag}`);
    if (close) assert.equal(open.pop(), name, `${id}: ${tag}`);
    else if (!empty) open.push(name as string);
  }
  assert.deepEqual(open, [], id);
  const tags = svg.match(/</g)?.length;
  const parsed = svg.match(/<(\/?)([a-zA-Z]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/g)?.length;
  assert.equal(parsed, tags, `${id}: a tag does not parse`);
}
