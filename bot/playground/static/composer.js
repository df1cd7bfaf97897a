import * as api from "./api.js";
import { h, icon } from "./dom.js";
import { Attach } from "./attach.js";
import { Commands } from "./commands.js";
import { summary } from "./message.js";
import { Tray } from "./tray.js";
import { say } from "./words.js";

/** Where messages are written: text, attachments, the message that is answered, and commands. */
export class Composer {
  #replyTo = null;
  #busy = false;

  /**
   * @param find gives the column's element of a class
   * @param place who writes where
   * @param address what a command is followed by in this chat, as the bot's name in a group
   */
  constructor({ find, place, address, toast, signal }) {
    Object.assign(this, { place, toast });
    this.field = find("field");
    this.button = find("send");
    this.quoting = find("quoting");
    this.tray = new Tray({
      tray: find("tray"),
      list: find("tray-items"),
      asFile: find("as-file"),
      changed: () => this.#reflect(),
      full: (most) => toast(say("up-to", { most })),
    });
    this.commands = new Commands({
      list: find("commands"),
      field: this.field,
      button: find("slash"),
      signal,
      choose: (command) => {
        if (this.field.value.startsWith("/")) this.write("");
        // What is answered goes with it: /paint needs the photo.
        this.#deliver({ text: `${command}${address()}`, answers: true });
      },
    });
    new Attach({
      menu: find("attach-menu"),
      button: find("attach"),
      files: find("files"),
      stickers: find("stickers"),
      pick: (files, as) => this.attach(files, as),
      sticker: (files) => this.#deliver({ as: "sticker", files, answers: true }),
    });
    find("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    this.field.addEventListener("input", () => {
      this.#reflect();
      this.commands.typed();
    });
    this.field.addEventListener("keydown", (event) => this.#key(event));
  }

  attach(files, as) {
    this.tray.add(files, as);
    this.field.focus();
  }

  reply(message) {
    this.#replyTo = message;
    this.quoting.hidden = !message;
    this.quoting.replaceChildren(...(message ? this.#quote(message) : []));
    if (message) this.field.focus();
  }

  write(text) {
    this.field.value = text;
    this.#reflect();
    this.commands.typed();
  }

  /** Sends a text as it is, past the draft. */
  say(text) {
    return this.#deliver({ text });
  }

  async send() {
    const text = this.field.value.trim();
    const { items, as } = this.tray;
    if (this.#busy || (!text && !items.length)) return;
    const place = this.place();
    const replyTo = this.#replyTo;
    const draft = { text, as, files: items.map(({ file }) => file), replyTo: replyTo?.message_id };
    this.#busy = true;
    this.write("");
    this.reply(null);
    this.tray.progress(items, 0);
    try {
      await api.send(place, draft, (share) => this.tray.progress(items, share));
      this.tray.remove(items);
    } catch (error) {
      // Another chat may be here by now, with a draft of its own.
      if (place === this.place()) {
        this.tray.idle();
        // What was typed meanwhile is kept behind the draft that comes back.
        this.write([text, this.field.value].filter(Boolean).join("\n"));
        if (replyTo) this.reply(replyTo);
      }
      this.#refused(error);
    } finally {
      this.#busy = false;
      this.#reflect();
    }
  }

  reset() {
    this.write("");
    this.reply(null);
    this.tray.clear();
    this.commands.hide();
  }

  async #deliver({ answers = false, ...draft }) {
    const replyTo = answers ? this.#replyTo?.message_id : undefined;
    try {
      await api.send(this.place(), { ...draft, replyTo });
      if (replyTo) this.reply(null);
    } catch (error) {
      this.#refused(error);
    }
  }

  #quote(message) {
    const mine = message.from?.id === this.place().person;
    return [
      icon("reply"),
      h(
        "span",
        { class: "quoting-text" },
        h("strong", {}, mine ? say("you") : (message.from?.first_name ?? say("somebody"))),
        h("span", {}, summary(message)),
      ),
      h(
        "button",
        { type: "button", class: "icon-button", "aria-label": say("do-not-reply"), onclick: () => this.reply(null) },
        icon("close"),
      ),
    ];
  }

  #refused(error) {
    if (!(error instanceof api.Refusal)) throw error;
    this.toast(error.message, { bad: true });
  }

  #reflect() {
    const attached = this.tray.items.length > 0;
    this.button.disabled = this.#busy || (!this.field.value.trim() && !attached);
    this.field.placeholder = say(attached ? "add-caption" : "message");
    this.field.style.height = "auto";
    this.field.style.height = `${this.field.scrollHeight}px`;
  }

  #key(event) {
    // Safari has ended the composition before its Enter arrives, and tells it by this code alone.
    if (event.isComposing || event.keyCode === 229 || this.commands.key(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.send();
    } else if (event.key === "Escape" && this.#replyTo) this.reply(null);
  }
}
