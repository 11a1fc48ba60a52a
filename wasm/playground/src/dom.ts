// Elements, made in one expression.

type Child = Node | string | null | undefined | false;
type Properties = Record<string, string | number | boolean | null | undefined | ((event: never) => void)>;

/** An element. `on…` properties are listeners, the others attributes; what is null, undefined or false is left out. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Properties = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  dress(element, properties, children);
  return element;
}

/** An element of SVG. */
export function svg<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  properties: Properties = {},
  ...children: Child[]
): SVGElementTagNameMap[Tag] {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  dress(element, properties, children);
  return element;
}

function dress(element: Element, properties: Properties, children: Child[]): void {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value as EventListener);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child): child is Node | string => child !== null && child !== undefined && child !== false));
}

/** Text in which backticks mark code. */
export function prose(text: string): DocumentFragment {
  const fragment = document.createDocumentFragment();
  text.split("`").forEach((piece, index) => {
    if (piece !== "") fragment.append(index % 2 === 1 ? h("code", {}, piece) : piece);
  });
  return fragment;
}

/** Puts other children into an element. Where the focus was among them, it stays about there. */
export function redraw(element: HTMLElement, children: readonly (Node | string)[]): void {
  const stops = () => [...element.querySelectorAll<HTMLElement>("button, [tabindex='0']")];
  const at = stops().indexOf(document.activeElement as HTMLElement);
  element.replaceChildren(...children);
  if (at < 0) return;
  const all = stops();
  (all[Math.min(at, all.length - 1)] ?? element).focus();
}

/** The element of the page with this id. */
export function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element;
}
