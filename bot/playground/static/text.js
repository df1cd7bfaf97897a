import { h } from "./dom.js";
import { say } from "./words.js";

const SAFE = /^(https?|tg|mailto|tel):/i;
const BAR = /[█▓▒░▰▱■□▮▯⬛⬜━╸╺]{4,}/gu;

/** An address that the column may take for its own: see links.js. */
function link(href, content) {
  if (!SAFE.test(href)) return h("span", {}, ...content);
  return h("a", { href, target: "_blank", rel: "noopener noreferrer" }, ...content);
}

function spoiler(content) {
  const reveal = () => {
    element.classList.add("revealed");
    element.removeAttribute("role");
    element.removeAttribute("tabindex");
  };
  const element = h(
    "span",
    { class: "spoiler", role: "button", tabindex: "0", "aria-label": say("hidden-text"), onclick: reveal },
    ...content,
  );
  element.addEventListener("keydown", (event) => event.key === "Enter" && reveal());
  return element;
}

const BUILDERS = {
  bold: (content) => h("strong", {}, ...content),
  italic: (content) => h("em", {}, ...content),
  underline: (content) => h("u", {}, ...content),
  strikethrough: (content) => h("s", {}, ...content),
  spoiler,
  code: (content) => h("code", {}, ...content),
  pre: (content, { language }) => h("pre", { "data-language": language }, h("code", {}, ...content)),
  blockquote: (content) => h("blockquote", {}, ...content),
  expandable_blockquote: (content) => h("blockquote", {}, ...content),
  text_link: (content, { url }) => link(url, content),
  url: (content, _entity, text) => link(/^[a-z]+:/i.test(text) ? text : `https://${text}`, content),
  email: (content, _entity, text) => link(`mailto:${text}`, content),
  phone_number: (content, _entity, text) => link(`tel:${text}`, content),
  bot_command: (content, _entity, text) =>
    h("button", { type: "button", class: "command-link", "data-command": text }, ...content),
  mention: (content) => h("span", { class: "mention" }, ...content),
  hashtag: (content) => h("span", { class: "mention" }, ...content),
};

/** Plain text; a bar drawn in characters gets a fixed-width face, so that it does not tremble as it grows. */
function plain(text) {
  const parts = [];
  let at = 0;
  for (const match of text.matchAll(BAR)) {
    if (match.index > at) parts.push(text.slice(at, match.index));
    parts.push(h("span", { class: "bar" }, match[0]));
    at = match.index + match[0].length;
  }
  if (at < text.length) parts.push(text.slice(at));
  return parts;
}

const BLOCKS = new Set(["pre", "blockquote", "expandable_blockquote"]);

function build(text, entities, start, end) {
  const nodes = [];
  let at = start;
  for (let index = 0; index < entities.length; index += 1) {
    const entity = entities[index];
    const from = Math.max(entity.offset, at);
    const to = Math.min(entity.offset + entity.length, end);
    if (from >= to) continue;
    if (from > at) nodes.push(...plain(text.slice(at, from)));
    const inner = entities.slice(index + 1).filter(({ offset, length }) => offset < to && offset + length > from);
    const content = build(text, inner, from, to);
    const builder = BUILDERS[entity.type];
    nodes.push(...(builder ? [builder(content, entity, text.slice(from, to))] : content));
    // A block ends its line by itself.
    at = BLOCKS.has(entity.type) && text[to] === "\n" ? to + 1 : to;
  }
  if (at < end) nodes.push(...plain(text.slice(at, end)));
  return nodes;
}

/** Telegram counts offsets in UTF-16 code units, which is how JavaScript counts too. */
export function formatted(text, entities = []) {
  const ordered = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  return build(text, ordered, 0, text.length);
}

/** Whether a text shows work under way: a bar drawn in characters. */
export function showsProgress(text = "") {
  return text.search(BAR) >= 0;
}
