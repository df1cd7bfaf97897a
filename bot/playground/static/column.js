import * as api from "./api.js";
import { forward, mention, share } from "./between.js";
import { byId, h } from "./dom.js";
import { Chat } from "./chat.js";
import { Composer } from "./composer.js";
import { ContextMenu } from "./context.js";
import { watchDrops } from "./drop.js";
import { botFace, groupFace } from "./faces.js";
import { telegramLink } from "./links.js";
import { Menu } from "./menu.js";
import { Notices, showAlert } from "./notices.js";
import { isGroup, keyOf, privately } from "./places.js";
import { Presence } from "./presence.js";
import { say } from "./words.js";

let made = 0;

/** One person's view of one chat: everything between its header and its composer. */
export class Column {
  #pending = new Set();
  #closing = new AbortController();

  constructor({ desk, roster, viewer }) {
    Object.assign(this, { desk, roster, viewer });
    this.root = byId("column").content.cloneNode(true).firstElementChild;
    const find = (name) => this.root.querySelector(`.${name}`);
    this.find = find;
    made += 1;
    find("commands").id = `commands-${made}`;
    for (const name of ["slash", "field"]) find(name).setAttribute("aria-controls", `commands-${made}`);
    this.notices = new Notices({ column: this.root, toasts: find("toasts"), dock: find("dock") });
    this.presence = new Presence(find("presence"), find("avatar"));
    this.composer = new Composer({
      find,
      place: () => this.place,
      address: () => (isGroup(this.place) ? `@${this.username}` : ""),
      toast: (...notice) => this.notices.toast(...notice),
      signal: this.#closing.signal,
    });
    this.menu = new Menu({ column: this, menu: find("person-menu"), button: find("person-button"), roster, desk });
    const actions = this.#actions();
    this.context = new ContextMenu(find("context-menu"), actions);
    this.chat = new Chat({
      column: this.root,
      scroller: find("scroller"),
      chat: find("chat"),
      dock: find("dock"),
      jump: find("jump"),
      unread: find("badge"),
      announcer: find("announcer"),
      place: () => this.place,
      actions,
    });
    watchDrops(this.root, find("drop"), (files, as) => this.composer.attach(files, as));
    find("start").addEventListener("click", () => this.composer.say("/start"));
    find("beside").addEventListener("click", () => desk.beside(this));
    find("theme").addEventListener("click", () => desk.theme());
    find("leave").addEventListener("click", () => desk.leave(this));
    find("chat").addEventListener("click", (event) => this.#followed(event));
  }

  get key() {
    return this.place && keyOf(this.place);
  }

  /** Shows another chat, or the same as somebody else. */
  enter(place) {
    this.place = place;
    this.chat.clear();
    this.composer.reset();
    this.invite(null);
    this.presence.idle();
    this.presence.connected(false);
    this.reflect();
  }

  /** What the roster knows about the people and the group here. */
  async reflect() {
    const { place, find } = this;
    const group = isGroup(place) ? this.roster.group(place.chat) : null;
    const people = (group?.people ?? []).map((id) => this.roster.person(id)?.first_name).filter(Boolean);
    this.menu.reflect();
    this.presence.members(group ? [...people, "Atelier"].join(", ") : "");
    find("avatar").replaceChildren(isGroup(place) ? groupFace(group) : botFace());
    find("name").textContent = group?.title ?? "Atelier";
    const me = this.roster.person(place.person)?.first_name ?? say("you");
    this.root.setAttribute("aria-label", say("column-of", { name: me, chat: group?.title ?? "Atelier" }));
    const card = await this.roster.bot(place).catch(() => null);
    if (!card || this.place !== place) return;
    const name = card.name || "Atelier";
    this.username = card.username;
    this.presence.bot(card);
    this.composer.commands.set(card.commands);
    document.title = name;
    if (group) this.presence.members([...people, name].join(", "));
    else find("name").textContent = name;
    find("welcome-name").textContent = name;
    find("description").textContent = card.description || card.short_description || "";
  }

  snapshot(data) {
    this.chat.snapshot(data);
    this.#settle();
  }

  message({ message }) {
    if (message.from?.is_bot) this.presence.said();
    this.chat.add(message);
    this.#settle();
    if (message.migrate_to_chat_id) this.desk.moved(this.place.chat, message.migrate_to_chat_id);
    if (message.new_chat_members || message.left_chat_member) this.desk.load();
  }

  edit({ message }) {
    this.presence.edited(message);
    this.chat.edit(message);
    this.#settle();
  }

  delete({ message_id: id }) {
    this.presence.deleted(id);
    this.chat.remove(id);
    this.#settle();
  }

  action({ action }) {
    this.presence.action(action);
  }

  reaction({ message_id: id, reaction }) {
    this.chat.react(id, reaction[0]?.emoji);
  }

  clear() {
    return this.refusable(api.reset(this.place.chat));
  }

  /** A link that starts the bot, as Telegram shows it: one tap away. Null takes it back. */
  invite(payload, words = "") {
    const bar = this.find("invitation");
    bar.hidden = payload == null;
    if (payload == null) return bar.replaceChildren();
    const start = h(
      "button",
      {
        type: "button",
        class: "solid-button",
        "data-testid": "accept",
        onclick: () => {
          this.invite(null);
          this.composer.say(`/start ${payload}`.trim());
          this.composer.field.focus();
        },
      },
      say("start"),
    );
    const dismiss = () => {
      this.invite(null);
      this.composer.field.focus();
    };
    bar.onkeydown = (event) => {
      if (event.key === "Escape") dismiss();
    };
    const later = h("button", { type: "button", class: "plain-button", onclick: dismiss }, say("not-now"));
    bar.replaceChildren(h("p", {}, words || say("invited")), later, start);
    start.focus();
  }

  /** What the server refuses is said to this column's person. */
  async refusable(promise) {
    try {
      return await promise;
    } catch (error) {
      if (!(error instanceof api.Refusal)) throw error;
      this.notices.toast(error.message, { bad: true });
      return null;
    }
  }

  close() {
    this.#closing.abort();
    this.chat.clear();
    this.composer.reset();
    this.root.remove();
  }

  #actions() {
    return {
      me: () => this.place.person,
      person: (id) => this.roster.person(id),
      tap: (messageId, data) => this.#tap(messageId, data),
      copy: (text) => this.copy(text),
      pending: (messageId, data) => this.#pending.has(`${messageId} ${data}`),
      reply: (message) => this.composer.reply(message),
      forward: (message) => forward(this.desk, this, message),
      menu: (message, event) => this.context.open(message, event),
      mention: (query, { here = false } = {}) => {
        const words = `@${this.username} ${query}`;
        if (!here) return mention(this.desk, this, words);
        this.composer.write(words);
        this.composer.field.focus();
      },
      open: (message, opener) => this.viewer.open(() => this.chat.pictures(), message, opener),
    };
  }

  async copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      this.notices.toast(say("copied"));
    } catch {
      this.notices.toast(say("no-copying"), { bad: true });
    }
  }

  async #tap(messageId, data) {
    const key = `${messageId} ${data}`;
    if (this.#pending.has(key)) return;
    this.#pending.add(key);
    this.#reflectPending(messageId, data);
    const answer = await this.refusable(api.tap(this.place, messageId, data));
    this.#pending.delete(key);
    this.#reflectPending(messageId, data);
    if (!answer?.text) return;
    const me = this.roster.person(this.place.person)?.first_name;
    const title = this.desk.columns.length > 1 && me ? say("to-person", { name: me }) : "Atelier";
    if (answer.show_alert) showAlert(title, answer.text);
    else this.notices.toast(answer.text);
  }

  #reflectPending(messageId, data) {
    const busy = this.#pending.has(`${messageId} ${data}`);
    const keys = this.root.querySelectorAll(`[data-message-id="${messageId}"] .inline-button`);
    for (const key of keys) if (key.dataset.data === data) key.setAttribute("aria-busy", busy);
  }

  #settle() {
    this.find("welcome").hidden = isGroup(this.place) || !this.chat.empty;
    this.viewer.refresh();
  }

  /** Telegram's own links stay in the page; a command in a text is sent. */
  #followed(event) {
    const command = event.target.closest("[data-command]")?.dataset.command;
    if (command) return this.composer.say(command);
    const link = telegramLink(event.target.closest("a")?.href ?? "");
    if (!link || (link.bot && link.bot !== this.username)) return;
    event.preventDefault();
    if (link.share) share(this.desk, this, link.share);
    else this.desk.go(this, privately(this.place.person)).invite(link.start);
  }
}
