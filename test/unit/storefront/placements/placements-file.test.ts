import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { ServeError } from '../../../../server/core/errors.ts';
import { Log } from '../../../../server/core/log.ts';
import { PlacementsFile } from '../../../../server/storefront/placements/placements-file.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { tempFolder } from '../../../support/temp-file.ts';

function setup(asked = false, first?: object) {
  const path = join(tempFolder(), 'placements.json');
  const write = (value: unknown): void =>
    writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
  if (first) write(first);
  const clock = new FakeClock();
  const said: string[] = [];
  const file = new PlacementsFile({ path, asked, clock, log: new Log('warn', (line) => said.push(line)) });
  const seconds = (count: number): void => {
    for (let i = 0; i < count; i += 1) clock.advance(1_000_000);
  };
  return { path, write, file, seconds, said, k: () => file.placements.get('home')?.k };
}

suite('placements.json while the server runs', () => {
  test('what it says holds within two seconds, in the same map; without it what is built in', () => {
    const { path, write, file, seconds, k } = setup();
    const { placements } = file;
    assert.equal(k(), 20);

    write({ placements: { home: { k: 7 }, top: { blend: 'home' } } });
    seconds(1);
    assert.equal(k(), 20, 'it may be half written');
    seconds(1);
    assert.equal(k(), 7);
    assert.deepEqual([...placements.keys()].at(-1), 'top');
    rmSync(path);
    seconds(2);
    assert.deepEqual([k(), placements.has('top'), placements], [20, false, file.placements]);
  });

  test('what is wrong changes nothing, says where once, and is over when it is mended', () => {
    const { write, file, seconds, said, k } = setup(false, { placements: { home: { k: 7 } } });

    write({ placements: { home: { k: 0, boost: 5 } } });
    seconds(5);
    assert.equal(k(), 7);
    assert.match(file.problem ?? '', /placements\.json.*placements\.home\..*: the former placements hold/);
    assert.equal(said.length, 1);
    write('{"placements": ');
    seconds(2);
    assert.match(file.problem ?? '', /JSON/);
    write({ placements: { home: { k: 9 } } });
    seconds(2);
    assert.deepEqual([k(), file.problem], [9, null]);
    file.close();
    write({ placements: { home: { k: 11 } } });
    seconds(3);
    assert.equal(k(), 9);
  });

  test('what an experiment uses may not go, nor a file that a setting names', () => {
    const { path, write, file, seconds } = setup(true, { placements: { side: { k: 3 } } });
    file.check = (next) => {
      if (!next.has('side')) throw new ServeError('bad_argument', "the experiment 'x' uses the placement 'side'");
    };

    write({ placements: {} });
    seconds(2);
    assert.match(file.problem ?? '', /the experiment 'x' uses the placement 'side': the former placements hold/);
    rmSync(path);
    seconds(2);
    assert.match(file.problem ?? '', /ENOENT/);
    assert.ok(file.placements.has('side'));
  });
});
