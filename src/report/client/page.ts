// Small helpers of the report's browser script: finding elements, reading the page's colours.

/** The element with this id. Throws when the page lacks it, which would be a defect of the renderer. */
export function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (!element) throw new Error(`report: no element #${id}`);
  return element;
}

/** A custom property of the page's style sheet, as it stands in the present theme. */
export function cssValue(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Three numbers 0–255 from `#rrggbb`. */
export function rgb(hex: string): [number, number, number] {
  const n = Number.parseInt(hex.slice(1), 16);
  return [n >> 16, (n >> 8) & 255, n & 255];
}
