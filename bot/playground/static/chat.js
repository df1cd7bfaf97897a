import { animate, calm, h } from "./dom.js";
import { pictureOf } from "./media.js";
import { Album, Service, Single, summary } from "./message.js";
import { showsProgress } from "./text.js";
import { timeline } from "./timeline.js";
import { say } from "./words.js";

const NEAR_END_PX = 60;
const ANNOUNCEMENTS_KEPT = 5;
const SCROLLING_MS = 1500;

const progressing = (message) => showsProgress(message?.text ?? message?.caption);

const viewOf = (row) => (row.service ? Service : row.album ? Album : Single);

/** Puts `elements` into `parent`, in order, touching only what is out of place. */
function arrange(parent, elements) {
  const wanted = new Set(elements);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  let cursor = parent.firstElementChild;
  for (const element of elements) {
    if (element === cursor) cursor = cursor.nextElementSibling;
    else parent.insertBefore(element, cursor);
  }
}

export class Chat {
  #messages = new Map();
  #rows = new Map();
  #days = new Map();
  #reactions = new Map();
  #pinned = true;
  #unread = 0;
  #lastTop = 0;

  constructor({ column, scroller, chat, dock, jump, unread, announcer, place, actions }) {
    Object.assign(this, { scroller, dock, jump, badge: unread, announcer, place });
    this.actions = { ...actions, reveal: (id) => this.reveal(id) };
    this.list = h("div", { class: "days" });
    chat.append(this.list);
    scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    jump.addEventListener("click", () => this.toEnd({ smooth: true }));
    const settle = new ResizeObserver(() => {
      column.style.setProperty("--dock", `${dock.offsetHeight}px`);
      if (this.#pinned) this.toEnd();
    });
    for (const element of [this.list, scroller, dock]) settle.observe(element);
  }

  get empty() {
    return this.#messages.size === 0;
  }

  /** The whole chat as the server has it, at first and whenever the connection was lost. */
  snapshot({ messages: all, reactions }) {
    const messages = all.filter((message) => this.#sees(message));
    const before = this.#messages;
    this.#reactions = new Map(
      Object.entries(reactions).map(([id, reaction]) => [Number(id), reaction[0]?.emoji]),
    );
    this.#messages = new Map(messages.map((message) => [message.message_id, this.#withReaction(message)]));
    const fresh = before.size === 0;
    this.#render({ moving: !fresh });
    if (fresh) return this.toEnd();
    for (const message of messages) if (!before.has(message.message_id)) this.#arrived(message);
  }

  add(message) {
    if (!this.#sees(message)) return;
    const known = this.#messages.has(message.message_id);
    this.#messages.set(message.message_id, message);
    if (this.#isOwn(message)) this.#pinned = true;
    this.#render();
    if (!known) this.#arrived(message);
  }

  edit(message) {
    const before = this.#messages.get(message.message_id);
    if (!before) return this.add(message);
    this.#messages.set(message.message_id, this.#withReaction(message));
    this.#render();
    // A hundred small steps are not news; that the work is done, is.
    if (progressing(before) && !progressing(message)) this.#announce(message);
  }

  react(id, emoji) {
    this.#reactions.set(id, emoji);
    const message = this.#messages.get(id);
    if (!message) return;
    this.#messages.set(id, this.#withReaction(message));
    this.#render();
  }

  remove(id) {
    this.#messages.delete(id);
    this.#render();
  }

  clear() {
    this.#messages.clear();
    this.#reactions.clear();
    this.#rows.clear();
    this.#days.clear();
    this.list.replaceChildren();
    this.#pinned = true;
    this.#setUnread(0);
  }

  pictures() {
    return this.#sorted().map(pictureOf).filter(Boolean);
  }

  toEnd({ smooth = false } = {}) {
    this.#pinned = true;
    const behavior = smooth && !calm.matches ? "smooth" : "instant";
    this.scroller.scrollTo({ top: this.scroller.scrollHeight, behavior });
  }

  reveal(id) {
    const element = this.list.querySelector(`[data-message-id="${Number(id)}"]`);
    if (!element) return;
    element.scrollIntoView({ block: "center", behavior: calm.matches ? "instant" : "smooth" });
    const bubble = element.querySelector(".bubble") ?? element;
    const glow = [1, 0.9, 1].map((light) => ({ filter: `brightness(${light})` }));
    animate(bubble, glow, { duration: 1100, delay: 250 });
  }

  #sorted() {
    return [...this.#messages.values()].sort((a, b) => a.message_id - b.message_id);
  }

  // Telegram tells a reaction apart from the message, so an edit would lose it.
  #withReaction(message) {
    return { ...message, reaction: this.#reactions.get(message.message_id) };
  }

  #render({ moving = true } = {}) {
    const height = this.list.offsetHeight;
    const rows = new Map();
    const days = new Map();
    const { person: me, chat } = this.place();
    const sections = timeline(this.#sorted(), { me, group: chat < 0 }).map((day) => {
      const section = this.#days.get(day.key) ?? this.#section();
      section.querySelector("time").textContent = day.label;
      days.set(day.key, section);
      const elements = day.rows.map((row) => {
        const view = this.#rows.get(row.key) ?? new (viewOf(row))(this.actions);
        rows.set(row.key, view);
        view.update(row);
        return view.root;
      });
      arrange(section, [section.firstElementChild, ...elements]);
      return section;
    });
    arrange(this.list, sections);
    this.#rows = rows;
    this.#days = days;
    if (!this.#pinned) return;
    this.toEnd();
    const grown = this.list.offsetHeight - height;
    if (moving && grown > 0) {
      const from = Math.min(grown, this.scroller.clientHeight);
      animate(this.list, [{ transform: `translateY(${from}px)` }, { transform: "none" }], { duration: 320 });
    }
  }

  #section() {
    return h("section", { class: "day" }, h("div", { class: "date" }, h("time")));
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    const fromEnd = scrollHeight - scrollTop - clientHeight;
    if (fromEnd < NEAR_END_PX) this.#pinned = true;
    // Only a hand on the wheel lets go of the end; content that grows does not.
    else if (scrollTop < this.#lastTop - 1) this.#pinned = false;
    this.#lastTop = scrollTop;
    this.jump.hidden = fromEnd < clientHeight * 0.4 && !this.#unread;
    if (this.#pinned) this.#setUnread(0);
    this.#float();
    this.scroller.classList.toggle("scrolling", !this.#pinned);
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.scroller.classList.remove("scrolling"), SCROLLING_MS);
  }

  #float() {
    const top = parseFloat(getComputedStyle(this.scroller).paddingTop);
    // Measured from the list's place, for the list itself may be in motion.
    const moved = this.list.getBoundingClientRect().top - this.list.parentElement.getBoundingClientRect().top;
    for (const section of this.list.children) {
      section.firstElementChild.classList.toggle("floating", section.getBoundingClientRect().top - moved < top - 1);
    }
  }

  #setUnread(count) {
    this.#unread = count;
    this.badge.hidden = count === 0;
    this.badge.textContent = count;
    if (count) this.jump.hidden = false;
    else if (this.#pinned) this.jump.hidden = true;
    this.jump.setAttribute("aria-label", count ? say("newest-unread", { count }) : say("newest"));
  }

  /** An ephemeral message is for one person's eyes, and the bot's. */
  #sees({ receiver_user: receiver, from }) {
    return !receiver || [receiver.id, from?.id].includes(this.place().person);
  }

  #isOwn(message) {
    return message.from?.id === this.place().person;
  }

  #arrived(message) {
    if (this.#isOwn(message)) return;
    this.#announce(message);
    if (!this.#pinned) this.#setUnread(this.#unread + 1);
  }

  #announce(message) {
    this.announcer.append(h("p", {}, `${message.from?.first_name ?? say("bot")}: ${summary(message)}`));
    while (this.announcer.children.length > ANNOUNCEMENTS_KEPT) this.announcer.firstElementChild.remove();
  }
}
