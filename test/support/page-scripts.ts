/** Questions to a page, as source: they run in the browser, whose types the tests do not have. */

export const WIDER_THAN_SCREEN = 'document.documentElement.scrollWidth - innerWidth';
export const FOCUSED = `({
  tag: document.activeElement.tagName, id: document.activeElement.id,
  class: document.activeElement.className,
})`;
export const LANGUAGE = 'document.documentElement.lang';
export const SESSION = `JSON.parse(localStorage.getItem('vitrine.visitor.1')).session`;

/** Whether all pictures that are in view have been drawn. */
export const PICTURES_DRAWN = `(() => {
  const seen = [...document.images].filter((one) => one.getBoundingClientRect().top < innerHeight);
  return seen.length > 4 && seen.every((one) => one.complete && one.naturalWidth > 0);
})()`;

/** Figures of the panel that stand out of their column, or columns out of the screen. */
export const PANEL_CLIPPED = `[...document.querySelectorAll('.panel-fact')].flatMap((fact) => {
  const { right } = fact.getBoundingClientRect();
  const reach = Math.max(...[...fact.querySelectorAll('dt, dd, .panel-value span')]
    .map((one) => one.getBoundingClientRect().right));
  return right > innerWidth || reach > right ? [fact.className] : [];
})`;
export const SCROLL_DOWN = 'scrollTo({ top: document.body.scrollHeight, behavior: "instant" })';
export const SCROLLED = 'scrollY';

/** How far things have moved by themselves since the page began, as browsers count it. */
export const LAYOUT_SHIFT = `new Promise((resolve) => {
  let sum = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) sum += entry.value;
  }).observe({ type: 'layout-shift', buffered: true });
  requestAnimationFrame(() => requestAnimationFrame(() => resolve(sum)));
})`;

/** Controls that a screen reader could not name. */
export const UNNAMED_CONTROLS = `[...document.querySelectorAll('button, a, input')]
  .filter((one) => !(one.getAttribute('aria-label') || one.textContent.trim()
    || one.querySelector('img[alt]:not([alt=""])')))
  .map((one) => one.outerHTML)`;
