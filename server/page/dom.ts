type Listener = (event: never) => void;
type Attribute = string | number | boolean | Listener | undefined;
export type Child = Node | string | number | null | undefined | false;

/**
 * An element with its attributes and children. `on…` takes a listener; `true` is an empty
 * attribute, `false` and `undefined` none. Text is always text: nothing is parsed as HTML.
 */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, Attribute>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  setAttributes(element, attributes);
  element.append(...shown(children));
  return element;
}

const SVG = 'http://www.w3.org/2000/svg';

/** As `h`, for SVG. */
export function svg<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, Attribute>> = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[Tag] {
  const element = document.createElementNS(SVG, tag);
  setAttributes(element, attributes);
  element.append(...shown(children));
  return element;
}

/** Puts `children` in the place of what `parent` holds. */
export function fill(parent: Element, ...children: readonly Child[]): void {
  parent.replaceChildren(...shown(children));
}

/** A drawn sign of the interface. Hidden from screen readers: its control has the name. */
export function icon(path: string): SVGElement {
  return svg(
    'svg',
    { class: 'icon', viewBox: '0 0 24 24', 'aria-hidden': 'true', focusable: 'false' },
    svg('path', { d: path }),
  );
}

/** Whether the visitor asked for less movement. */
export function calm(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches;
}

function setAttributes(element: Element, attributes: Readonly<Record<string, Attribute>>): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    const event = name.slice('on'.length);
    if (typeof value === 'function') element.addEventListener(event, value as EventListener);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
}

function shown(children: readonly Child[]): (Node | string)[] {
  return children
    .filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (typeof child === 'number' ? String(child) : (child as Node | string)));
}
