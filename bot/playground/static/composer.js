import * as api from "./api.js";
import { byId, h, icon } from "./dom.js";
import { Commands } from "./commands.js";
import { summary } from "./message.js";
import { toast } from "./notices.js";
import { Tray } from "./tray.js";

/** Where messages are written: text, attachments, the message that is answered, and commands. */
export class Composer {
  #replyTo = null;
  #busy = false;

  constructor({ chat }) {
    this.chat = chat;
    this.field = byId("text");
    this.button = byId("send");
    this.quoting = byId("quoting");
    this.tray = new Tray({
      tray: byId("tray"),
      list: byId("tray-items"),
      asFile: byId("as-file"),
      changed: () => this.#reflect(),
      full: (most) => toast(`Up to ${most} at once, as in any album.`),
    });
    this.commands = new Commands({
      list: byId("commands"),
      field: this.field,
      button: byId("slash"),
      choose: (command) => {
        if (this.field.value.startsWith("/")) this.#write("");
        this.say(command);
      },
    });
    byId("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    byId("attach").addEventListener("click", () => byId("files").click());
    byId("files").addEventListener("change", ({ target }) => {
      this.attach([...target.files]);
      // So that the same file can be picked again.
      target.value = "";
    });
    this.field.addEventListener("input", () => {
      this.#reflect();
      this.commands.typed();
    });
    this.field.addEventListener("keydown", (event) => this.#key(event));
    document.addEventListener("paste", (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (!files.length) return;
      event.preventDefault();
      this.attach(files);
    });
    document.addEventListener("keydown", (event) => this.#wander(event));
  }

  attach(files, as) {
    this.tray.add(files, as);
    this.field.focus();
  }

  reply(message) {
    this.#replyTo = message;
    this.quoting.hidden = !message;
    this.quoting.replaceChildren(
      ...(message
        ? [
            icon("reply"),
            h(
              "span",
              { class: "quoting-text" },
              h("strong", {}, message.from?.is_bot ? message.from.first_name : "You"),
              h("span", {}, summary(message)),
            ),
            h(
              "button",
              {
                type: "button",
                class: "icon-button",
                "aria-label": "Do not reply",
                onclick: () => this.reply(null),
              },
              icon("close"),
            ),
          ]
        : []),
    );
    if (message) this.field.focus();
  }

  /** Sends a text as it is, past the draft. */
  async say(text) {
    try {
      await api.send(this.chat(), { text });
    } catch (error) {
      this.#refused(error);
    }
  }

  async send() {
    const text = this.field.value.trim();
    if (this.#busy || (!text && !this.tray.size)) return;
    const chat = this.chat();
    const replyTo = this.#replyTo;
    this.#busy = true;
    this.#write("");
    this.reply(null);
    let caption = text;
    try {
      if (this.tray.size) {
        for (const { as, items, files } of await this.tray.batches()) {
          this.tray.progress(items, 0);
          const draft = { text: caption, as, files, replyTo: replyTo?.message_id };
          await api.send(chat, draft, (share) => this.tray.progress(items, share));
          this.tray.remove(items);
          caption = "";
        }
        this.tray.clear();
      } else await api.send(chat, { text, replyTo: replyTo?.message_id });
    } catch (error) {
      this.tray.idle();
      // What was typed meanwhile is kept behind the draft that comes back.
      this.#write([caption, this.field.value].filter(Boolean).join("\n"));
      if (replyTo) this.reply(replyTo);
      this.#refused(error);
    } finally {
      this.#busy = false;
      this.#reflect();
    }
  }

  reset() {
    this.#write("");
    this.reply(null);
    this.tray.clear();
    this.commands.hide();
  }

  #refused(error) {
    if (!(error instanceof api.Refusal)) throw error;
    toast(error.message, { bad: true });
  }

  #write(text) {
    this.field.value = text;
    this.#reflect();
    this.commands.typed();
  }

  #reflect() {
    this.button.disabled = this.#busy || (!this.field.value.trim() && !this.tray.size);
    this.field.placeholder = this.tray.size ? "Add a caption…" : "Message";
    this.field.style.height = "auto";
    this.field.style.height = `${this.field.scrollHeight}px`;
  }

  #key(event) {
    if (event.isComposing || this.commands.key(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.send();
    } else if (event.key === "Escape" && this.#replyTo) this.reply(null);
  }

  /** Typing anywhere in the chat is typing a message. */
  #wander(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1 || event.key === " ") return;
    if (document.querySelector("dialog[open], .menu:popover-open")) return;
    if (!event.target.closest("input, textarea, select, video")) this.field.focus();
  }
}
