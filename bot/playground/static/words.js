/** The page's own words, in the language that the server has chosen by the browser's. */

import { byId } from "./dom.js";

const texts = JSON.parse(byId("texts").textContent);

export const language = document.documentElement.lang;

/** The text `page-KEY` of bot/locales, with its values put in. */
export function say(key, values = {}) {
  if (!(key in texts)) throw new Error(`no text “${key}”`);
  return texts[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** Several texts in one, which `|` parts. */
export const listed = (key) => say(key).split("|").map((part) => part.trim());
