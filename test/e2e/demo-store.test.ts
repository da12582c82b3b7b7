import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { seededMlp } from '../../models/recipes/dense.ts';
import { INTENT_FEATURES } from '../../server/storefront/intent-features.ts';
import { NO_BROWSER, openBrowser, openPage } from '../support/browser.ts';
import { writeDense, writeFiles } from '../support/model-repository.ts';
import {
  FOCUSED, LANGUAGE, LAYOUT_SHIFT, PANEL_CLIPPED, PICTURES_DRAWN, SCROLL_DOWN, SCROLLED, SESSION,
  UNNAMED_CONTROLS, WIDER_THAN_SCREEN,
} from '../support/page-scripts.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';

if (NO_BROWSER) console.error(`SKIPPED, the demo store in a browser: ${NO_BROWSER}`);

const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };
const UNLABELLED = `[...document.querySelectorAll('.rules-form :is(input, textarea, select)')]
  .filter((control) => control.labels.length === 0).length`;
const SHIFT_MAX = 0.05; // half of what browsers call good

suite('The demo store in Chromium', { skip: NO_BROWSER }, () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'vitrine-page-'));
  let server: ServerProcess;
  let browser: Browser;

  before(async () => {
    writeIntentModel(join(dataDir, 'models'));
    [server, browser] = await Promise.all([startServer(dataDir), openBrowser()]);
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  for (const size of [DESKTOP, PHONE]) {
    test(`at ${size.width} px the front shows items with pictures, and nothing jumps`, async () => {
      const { page, complaints } = await openPage(browser, size);
      await page.goto(server.url);
      await page.waitForSelector('#for-you [data-item]');
      await page.waitForFunction(PICTURES_DRAWN);

      assert.ok((await page.locator('.grid [data-item]').count()) >= 24);
      assert.equal(await page.evaluate(WIDER_THAN_SCREEN), 0);
      const shift = await page.evaluate<number>(LAYOUT_SHIFT);
      assert.ok(shift < SHIFT_MAX, `things moved by ${shift}`);
      assert.deepEqual(complaints, []);
    });
  }

  for (const size of [DESKTOP, PHONE]) {
    test(`at ${size.width} px the page of rules shows an answer and how it came about`, async () => {
      const { page, complaints } = await openPage(browser, size);
      await page.goto(`${server.url}/page/rules.html`);
      await page.waitForSelector('.rules-items [data-item]');

      await page.selectOption('#ask-placement', 'home');
      await page.fill('#ask-where', 'price < 60 and category = "Table"');
      await page.fill('#ask-boost', '\n2 if price < 15');
      await page.fill('#ask-k', '3');
      const answered = page.waitForResponse((response) => response.url().endsWith('/v1/recommend'));
      await page.locator('.rules-form .button').click();
      await answered;
      await page.waitForFunction(`document.querySelectorAll('.rules-items [data-item]').length === 3`);
      const clauses = await page.locator('.rules-result code').allTextContents();
      assert.deepEqual(clauses, ['in_stock', 'price < 60', 'category = "Table"']);
      assert.equal(await page.evaluate(WIDER_THAN_SCREEN), 0);
      assert.equal(await page.evaluate(UNLABELLED), 0);
      assert.deepEqual(complaints, []);

      await page.fill('#ask-boost', '\n2 if prise < 15');
      await page.locator('.rules-form .button').click();
      const note = page.locator('.rules-error:visible');
      await note.waitFor();
      assert.match(await note.textContent() ?? '', /boost\[0\], character 6: .* is 'price' meant\?/);
      assert.equal(await page.evaluate('getSelection().toString()'), 'p'); // the cursor is there
    });
  }

  test('a click changes “For you” by a push, and says how fast', async () => {
    const { page, complaints } = await openPage(browser, DESKTOP);
    await page.goto(server.url);
    await page.waitForSelector('#for-you [data-item]');
    const atFirst = await shownItems(page, '#for-you');

    await page.locator('#for-you [data-item] a').first().click();
    await page.waitForSelector('.product h1');
    await page.waitForSelector('#for-you .fresh');
    const later = await shownItems(page, '#for-you');

    assert.notDeepEqual(later, atFirst);
    assert.ok(!later.includes(atFirst[0] as string), 'what was just looked at is not shown again');
    const note = await page.locator('#for-you .shelf-note').innerText();
    assert.match(note, /^Answered [\d.]+ ms after your click$/);
    const reasons = await page.locator('#for-you .card-reason').allInnerTexts();
    assert.ok(reasons.length > 0 && reasons.every((reason) => reason.length > 5));
    await page.waitForSelector('#similar [data-item]');

    await page.locator('#similar [data-item] a').first().click();
    await page.waitForSelector('#because [data-item]');
    assert.match(await page.locator('#because h2').innerText(), /^Because you viewed \w/);
    assert.deepEqual(complaints, []);
  });

  test('the panel shows latency, intent, models and batches, transport and events', async () => {
    const { page } = await openPage(browser, DESKTOP);
    await page.goto(`${server.url}/#/c/Living`);
    await page.locator('.grid [data-item] a').first().click();
    await page.waitForSelector('#similar [data-item]');

    const panel = page.locator('.panel');
    await panel.locator('[data-value=felt]', { hasText: /^[\d.]+ ms$/ }).waitFor();
    await panel.locator('[data-value=events]', { hasText: /^3 \/ 3$/ }).waitFor();
    await panel.locator('[data-value=intent]', { hasText: /^[\d.]+ %$/ }).waitFor();
    const models = await panel.locator('[data-value=models]').innerText();
    assert.match(models, /intent v\d+ · batch of \d+/);
    const latency = await panel.locator('[data-value=latency]').innerText();
    assert.match(latency, /^[\d.]+ ms\s+median [\d.]+ ms$/);
    const link = await panel.locator('[data-value=link]').innerText();
    assert.match(link, /msgpack · open\s+(uWeb|ws )/);
    assert.ok(await panel.locator('.panel-line').getAttribute('points'));
    assert.deepEqual(await page.evaluate(PANEL_CLIPPED), []);
  });

  test('what is put in the cart can be bought, and a reload keeps session and cart', async () => {
    const { page, complaints } = await openPage(browser, PHONE);
    await page.goto(server.url);
    await page.locator('.grid .card-add:enabled').nth(0).click();
    await page.locator('.grid .card-add:enabled').nth(1).click();
    assert.equal(await page.locator('.cart-count').innerText(), '2');
    const session = await page.evaluate(SESSION);

    await page.reload();
    await page.waitForSelector('#for-you [data-item]');
    assert.equal(await page.evaluate(SESSION), session);
    assert.equal(await page.locator('.cart-count').innerText(), '2');

    await page.locator('.cart-button').click();
    const bought = await shownItems(page, '.cart');
    assert.equal(bought.length, 2);
    await page.locator('.cart-line').first().getByRole('button', { name: /^One more/ }).click();
    assert.equal(await page.locator('.cart-line output').first().innerText(), '2');
    await page.locator('#buy').click();
    await page.locator('[data-durable=true]').waitFor();
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('.cart-count').isVisible(), false);

    // The server knows the customer now: what was bought is recommended no more.
    for (const item of bought) {
      await page.locator(`#for-you [data-item="${item}"]`).waitFor({ state: 'detached' });
    }
    assert.deepEqual(complaints, []);
  });

  test('an item that is not there is said to be unknown, and no event tells of it', async () => {
    const { page, complaints } = await openPage(browser, PHONE);
    await page.goto(`${server.url}/#/i/nope`);
    await page.waitForSelector('.not-found h1');
    assert.equal(await page.locator('.product, .grid').count(), 0);
    await page.evaluate("location.hash = '#/i/nope-either'");
    await page.getByText('nope-either').waitFor();

    await page.locator('.not-found a').click();
    await page.waitForSelector('.grid [data-item]');
    await page.locator('.panel-toggle').click();
    await page.locator('[data-value=events]').getByText('1 / 1').waitFor(); // home alone

    await page.evaluate(`location.hash = '#/s/${'endless'.repeat(20)}'`);
    await page.waitForSelector('.nothing');
    assert.equal(await page.evaluate(WIDER_THAN_SCREEN), 0);
    assert.deepEqual(complaints, []);
  });

  test('back finds a long list as it was left', async () => {
    const { page } = await openPage(browser, PHONE);
    await page.goto(`${server.url}/#/c/Living`);
    const cards = page.locator('.grid [data-item]');
    await page.waitForSelector('.grid [data-item]');
    for (let before = 0, now = await cards.count(); now > before && now < 150;) {
      before = now;
      await page.evaluate(SCROLL_DOWN);
      await page.waitForFunction(
        `document.querySelectorAll('.grid [data-item]').length > ${before}`);
      now = await cards.count();
    }
    const item = await cards.nth(130).getAttribute('data-item');
    await cards.nth(130).scrollIntoViewIfNeeded();
    const left = await page.evaluate<number>(SCROLLED);
    await cards.nth(130).locator('a').click();
    await page.waitForSelector('.product h1');
    assert.equal(await page.evaluate(SCROLLED), 0);

    await page.goBack();
    await page.waitForSelector(`.grid [data-item="${item}"]`);
    await page.waitForFunction(`Math.abs(scrollY - ${left}) < 2`);
    await page.goForward();
    await page.waitForSelector('.product h1');
    await page.waitForFunction('scrollY === 0');
  });

  test('two tabs share one cart', async () => {
    const { page } = await openPage(browser, DESKTOP);
    const other = await page.context().newPage();
    for (const tab of [page, other]) await tab.goto(server.url);
    const add = (tab: Page, at: number) =>
      tab.locator('.grid .card-add:enabled').nth(at).click();
    await add(page, 0);
    assert.match(await page.locator('.cart-button').getAttribute('aria-label') ?? '', /, 1 item$/);
    await other.locator('.cart-count', { hasText: '1' }).waitFor();
    await add(other, 1);
    await page.locator('.cart-count', { hasText: '2' }).waitFor();

    await page.locator('.cart-button').click();
    assert.equal((await shownItems(page, '.cart')).length, 2);
  });

  test('it can be used from the keyboard, and in Chinese', async () => {
    const { page, complaints } = await openPage(browser, DESKTOP);
    await page.goto(server.url);
    await page.waitForSelector('#for-you [data-item]');
    await page.keyboard.press('Tab');
    assert.equal((await focused(page)).class, 'skip');
    await page.keyboard.press('Enter');
    assert.equal((await focused(page)).id, 'main');

    await page.getByRole('searchbox').fill('lamp');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.listing h1');
    assert.match(await page.locator('.listing h1').innerText(), /^\d+ for “lamp”$/);
    assert.equal((await focused(page)).tag, 'H1');

    await page.locator('.language').click();
    assert.equal(await page.evaluate(LANGUAGE), 'zh');
    assert.equal(await page.locator('#for-you h2').innerText(), '为你推荐');
    assert.deepEqual((await page.locator('.categories a').allInnerTexts()).slice(1).sort(),
      ['出行', '家居', '穿戴', '餐桌'].sort());
    assert.deepEqual(await page.evaluate(UNNAMED_CONTROLS), []);
    assert.deepEqual(complaints, []);
  });

  test('when the server restarts the page says so, comes back, and sends what waited', async () => {
    const { page } = await openPage(browser, DESKTOP);
    await page.goto(server.url);
    await page.waitForSelector('#for-you [data-item]');
    const events = page.locator('[data-value=events]');
    await events.getByText('1 / 1').waitFor();

    assert.equal(await server.stop(), 0);
    await page.locator('.banner').waitFor({ state: 'visible' });
    await page.locator('.grid .card-add:enabled').first().click();
    await events.getByText('1 / 2').waitFor();
    assert.doesNotMatch(await page.locator('#for-you .shelf-note').innerText(), /Answered/);
    assert.deepEqual(await page.evaluate(PANEL_CLIPPED), []);
    server = await startServer(dataDir, server.port);

    await page.locator('.banner').waitFor({ state: 'hidden' });
    await events.getByText('2 / 2').waitFor();
    await page.locator('.grid [data-item] a').first().click();
    await events.getByText('4 / 4').waitFor();
  });
});

/** An intent model that learned nothing: the page shows its numbers, whatever they say. */
function writeIntentModel(repository: string): void {
  const names = { name: 'intent', input: 'features', output: 'probability' };
  const model = seededMlp(9, [INTENT_FEATURES.length, 8, 1], 'sigmoid', names);
  writeDense(repository, 'intent', model, 'onnxruntime_onnx');
  const card = { trainedOn: 'nothing: seeded weights' };
  writeFiles(repository, { 'intent/card.json': JSON.stringify(card) });
}

/** Ids of the items that a part of the page shows, in order. */
function shownItems(page: Page, part: string): Promise<string[]> {
  return page.locator(`${part} [data-item]`).evaluateAll((cards) =>
    cards.map((card) => card.getAttribute('data-item') ?? ''));
}

function focused(page: Page): Promise<{ tag: string; id: string; class: string }> {
  return page.evaluate(FOCUSED);
}
