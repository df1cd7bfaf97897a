import { h, icon } from "./dom.js";
import { botFace, face } from "./faces.js";
import { telegramLink } from "./links.js";
import { kindOf, mediaFor, play, setRatio } from "./media.js";
import { mosaic } from "./mosaic.js";
import { formatted } from "./text.js";
import { clock } from "./timeline.js";
import { say } from "./words.js";

const SHORT = 90;

/** One line that stands for a message: in a quote, and when it is announced. */
export function summary(message) {
  const text = (message.text ?? message.caption ?? "").replace(/\s+/g, " ").trim();
  if (text) return text.length > SHORT ? `${text.slice(0, SHORT)}…` : text;
  const kind = kindOf(message);
  if (kind === "file") return message.document.file_name ?? say("file");
  return say({ photo: "photo", video: "video", sticker: "sticker", audio: "voice" }[kind] ?? "message");
}

function meta(message, row, film) {
  return [
    message.live_photo &&
      h(
        "button",
        { type: "button", class: "live", "data-testid": "live", "aria-label": say("play-film"), title: say("play-film"), onclick: film },
        "LIVE",
      ),
    message.reaction && h("span", { class: "reaction", "data-testid": "reaction" }, message.reaction),
    message.edit_date && h("span", { class: "edited" }, say("edited")),
    h("time", { datetime: new Date(message.date * 1000).toISOString() }, clock(message.date)),
    row.mine && icon(row.read ? "read" : "sent"),
  ].filter(Boolean);
}

function quote(original, { reveal, me }) {
  return h(
    "button",
    { type: "button", class: "quote", onclick: () => reveal(original.message_id) },
    h("strong", {}, original.from?.id === me() ? say("you") : (original.from?.first_name ?? say("somebody"))),
    h("span", {}, summary(original)),
  );
}

/** Above what somebody says: that only you see it, their name in a group, and from whom they pass it on. */
function head({ named, from, messages: [message] }, first, { person }) {
  const origin = message.forward_origin;
  const source = origin?.sender_user?.first_name ?? origin?.sender_user_name ?? origin?.chat?.title;
  const name = named && first && h("strong", { class: "sender" }, from?.first_name ?? say("somebody"));
  const colour = name && person(from?.id)?.color;
  if (colour) name.style.setProperty("--person", colour);
  const alone = message.receiver_user && h("span", { class: "only-you", "data-testid": "only-you" }, say("only-you"));
  if (!origin) return [alone, name];
  const [before, after] = say("forwarded", { name: "\n" }).split("\n");
  return [name, h("span", { class: "forwarded" }, before, h("strong", {}, source ?? say("somebody")), after)];
}

function body(message) {
  if (message.text != null) return formatted(message.text, message.entities);
  if (message.caption != null) return formatted(message.caption, message.caption_entities);
  return kindOf(message) ? [] : [h("em", {}, say("not-shown"))];
}

function inlineButton(button, message, { tap, copy, pending, mention }) {
  const props = { class: `inline-button ${button.style ?? ""}`, "data-testid": "inline-button", title: button.text };
  const label = h("span", { class: "label" }, button.text);
  const local = (onclick) => h("button", { ...props, type: "button", onclick }, label);
  if (button.url) {
    const away = { href: button.url, target: "_blank", rel: "noopener noreferrer" };
    // Telegram's own links stay in the page: the column listens for them.
    return h("a", { ...props, ...away }, label, !telegramLink(button.url) && icon("external"));
  }
  if (button.copy_text) return local(() => copy(button.copy_text.text));
  const here = button.switch_inline_query_current_chat;
  const elsewhere = button.switch_inline_query ?? button.switch_inline_query_chosen_chat?.query;
  if (here != null) return local(() => mention(here, { here: true }));
  if (elsewhere != null || button.switch_inline_query_chosen_chat) return local(() => mention(elsewhere ?? ""));
  const data = button.callback_data;
  return h(
    "button",
    {
      ...props,
      type: "button",
      "data-data": data,
      disabled: data == null,
      "aria-busy": pending(message.message_id, data) ? "true" : null,
      onclick: () => tap(message.message_id, data),
    },
    label,
  );
}

const keyboard = (message, actions) =>
  (message.reply_markup?.inline_keyboard ?? []).map((buttons) =>
    h("div", { class: "keys" }, ...buttons.map((button) => inlineButton(button, message, actions))),
  );

/** A part of a message is built again only when what it shows has changed: focus, video and scroll survive. */
class Parts {
  #shown = new Map();

  set(slot, value, build) {
    const print = JSON.stringify(value) ?? "";
    if (this.#shown.get(slot) === print) return;
    this.#shown.set(slot, print);
    slot.replaceChildren(...[build()].flat().filter(Boolean));
  }
}

const same = (a, b) =>
  ["first", "last", "read", "named"].every((name) => a[name] === b[name]) &&
  a.messages.length === b.messages.length &&
  a.messages.every((message, index) => message === b.messages[index]);

class Row {
  constructor(actions) {
    this.actions = actions;
    this.parts = new Parts();
    this.head = h("div", { class: "head slot" });
    this.quote = h("div", { class: "slot" });
    this.media = h("div", { class: "media slot" });
    this.body = h("span", { class: "body", dir: "auto" });
    this.meta = h("span", { class: "meta" });
    this.text = h("div", { class: "text" }, this.body, this.meta);
    this.face = h("div", { class: "sender-face slot" });
    this.bubble = h("div", { class: "bubble" }, this.face, this.head, this.quote, this.media, this.text);
    this.keyboard = h("div", { class: "keyboard slot" });
    this.stack = h("div", { class: "stack" }, this.bubble, this.keyboard);
    const action = (name, label, onclick) =>
      h("button", { type: "button", class: `answer ${name}`, "aria-label": label, title: label, onclick }, icon(name));
    this.answers = h(
      "div",
      { class: "answers" },
      action("reply", say("reply"), () => this.reply()),
      action("forward", say("forward"), () => this.actions.forward(this.row.messages[0])),
    );
    this.root = h("article", { class: "row" }, this.stack, this.answers);
    this.bubble.addEventListener("dblclick", (event) => {
      if (!event.target.closest("a, button, video, pre")) this.reply();
    });
    this.bubble.addEventListener("contextmenu", (event) => {
      const [first] = this.row.messages;
      if (event.target.closest("a, video, audio") || String(getSelection())) return;
      event.preventDefault();
      const id = Number(event.target.closest(".cell")?.dataset.messageId);
      this.actions.menu(this.row.messages.find(({ message_id: one }) => one === id) ?? first, event);
    });
  }

  reply() {
    getSelection()?.removeAllRanges();
    this.actions.reply(this.row.messages[0]);
  }

  update(row) {
    const before = this.row;
    this.row = row;
    if (before && same(row, before)) return;
    const lead = row.messages.find(({ caption }) => caption) ?? row.messages[0];
    for (const name of ["first", "last"]) this.root.classList.toggle(name, row[name]);
    this.root.classList.toggle("mine", row.mine);
    this.root.classList.toggle("named", row.named);
    this.root.setAttribute("aria-label", row.mine ? say("you") : (row.from?.first_name ?? say("bot")));
    this.updateSender(row);
    this.updateQuote(row.messages[0].reply_to_message);
    this.updateMedia(row);
    const content = body(lead);
    this.stack.classList.toggle("wordless", content.length === 0);
    this.stack.classList.toggle("caption-first", Boolean(lead.show_caption_above_media));
    this.parts.set(this.body, [lead.text, lead.entities, lead.caption, lead.caption_entities], () => content);
    const { date } = row.messages[0];
    const facts = [date, lead.edit_date, lead.reaction, row.mine, row.read, Boolean(lead.live_photo)];
    const film = () => play(this.media.querySelector(".film"));
    this.parts.set(this.meta, facts, () => meta({ ...lead, date }, row, film));
    this.updateKeyboard(row.messages[0]);
  }

  updateSender(row) {
    const { from, named, first, last, messages: [{ forward_origin: origin, receiver_user: receiver }] } = row;
    this.parts.set(this.head, [named && first, from, origin, receiver], () => head(row, first, this.actions));
    this.parts.set(this.face, named && last && from, () => {
      if (!named || !last) return null;
      return from?.is_bot ? botFace() : face(this.actions.person(from?.id) ?? from);
    });
  }

  updateQuote(original) {
    const shown = original && [original.message_id, original.from?.first_name, summary(original)];
    this.parts.set(this.quote, shown, () => original && quote(original, this.actions));
  }

  updateKeyboard(message) {
    const focused = this.keyboard.contains(document.activeElement) && document.activeElement;
    const index = focused ? [...this.keyboard.querySelectorAll(".inline-button")].indexOf(focused) : -1;
    this.parts.set(this.keyboard, message.reply_markup?.inline_keyboard, () => keyboard(message, this.actions));
    if (!focused || focused.isConnected) return;
    const keys = [...this.keyboard.querySelectorAll(".inline-button")];
    const same = keys.find((key) => key.dataset.data === focused.dataset.data) ?? keys[index] ?? keys.at(-1);
    same?.focus({ preventScroll: true });
  }
}

/** A line in the middle: what happened to the chat itself. */
export class Service {
  #text = h("span");
  root = h("p", { class: "service", "data-testid": "service" }, this.#text);

  update(row) {
    this.#text.textContent = row.service;
  }
}

export class Single extends Row {
  updateMedia({ messages: [message], mine, from }) {
    const { root, stack, media } = this;
    root.dataset.testid = "message";
    root.dataset.messageId = message.message_id;
    root.dataset.from = mine ? "me" : from?.is_bot ? "bot" : "other";
    const kind = kindOf(message);
    stack.dataset.kind = kind ?? "text";
    const old = media.firstElementChild;
    const context = { open: this.actions.open, resize: (size) => setRatio(stack, size) };
    const next = mediaFor(message, old, context);
    if (next !== old) media.replaceChildren(...[next].filter(Boolean));
  }
}

export class Album extends Row {
  #cells = new Map();

  updateMedia({ messages, mine, from }) {
    const { stack, media, actions } = this;
    const files = messages.some((message) => kindOf(message) === "file");
    stack.dataset.kind = files ? "files" : "album";
    for (const [id, cell] of this.#cells) {
      if (messages.some((message) => message.message_id === id)) continue;
      cell.remove();
      this.#cells.delete(id);
    }
    const cells = messages.map((message) => {
      const cell = this.#cells.get(message.message_id) ?? h("div", { class: "cell", "data-testid": "message" });
      this.#cells.set(message.message_id, cell);
      cell.dataset.messageId = message.message_id;
      cell.dataset.from = mine ? "me" : from?.is_bot ? "bot" : "other";
      const old = cell.firstElementChild;
      const next = mediaFor(message, old, { open: actions.open, resize: () => {} });
      if (next !== old) cell.replaceChildren(...[next].filter(Boolean));
      return cell;
    });
    if (!files) this.#hang(messages, cells);
    else if (cells.some((cell, at) => cell !== media.children[at])) media.replaceChildren(...cells);
  }

  #hang(messages, cells) {
    const ratios = messages.map((message) => {
      const { width, height } = message.photo?.at(-1) ?? message.video ?? message.animation ?? {};
      return width / height || 1;
    });
    const rows = mosaic(ratios);
    const print = JSON.stringify([rows, [...this.#cells.keys()]]);
    if (this.hung === print) return;
    this.hung = print;
    let at = 0;
    this.media.replaceChildren(
      ...rows.map((row) => {
        const strip = h("div", { class: "strip" });
        strip.style.setProperty("--ratio", row.reduce((sum, ratio) => sum + ratio, 0).toFixed(4));
        for (const ratio of row) {
          cells[at].style.setProperty("--share", ratio.toFixed(4));
          strip.append(cells[at]);
          at += 1;
        }
        return strip;
      }),
    );
  }
}
