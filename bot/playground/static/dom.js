const SVG = "http://www.w3.org/2000/svg";
const icons = new URL("icons.svg", import.meta.url).pathname;

/** An element; props are attributes, or listeners when they begin with "on". Text is never markup. */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value == null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child != null && child !== false));
  return element;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${icons}#${name}`);
  svg.append(use);
  return svg;
}

export const byId = (id) => document.getElementById(id);

export const calm = matchMedia("(prefers-reduced-motion: reduce)");

/** Animates, and resolves when done: at once where motion is unwelcome or nobody is looking. */
export async function animate(element, frames, options) {
  if (calm.matches || document.hidden) return;
  const animation = element.animate(frames, { easing: "cubic-bezier(0.22, 0.9, 0.28, 1)", ...options });
  await animation.finished.catch(() => {});
}

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"];

export function fileSize(bytes) {
  if (bytes == null) return "";
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log(Math.max(bytes, 1)) / Math.log(1000)));
  const digits = power > 1 ? 1 : 0;
  const form = { style: "unit", unit: UNITS[power], minimumFractionDigits: digits, maximumFractionDigits: digits };
  return new Intl.NumberFormat(document.documentElement.lang, form).format(bytes / 1000 ** power);
}

export const extension = (name) => (/\.([^.]{1,5})$/.exec(name ?? "")?.[1] ?? "file").toUpperCase();
