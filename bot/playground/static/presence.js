import { showsProgress } from "./text.js";
import { say } from "./words.js";

const ACTION_MS = 5500;
const PAINTING_MS = 30_000;

const ACTIONS = {
  typing: "typing",
  upload_photo: "sending-photo",
  upload_document: "sending-file",
  choose_sticker: "choosing-sticker",
  upload_video: "sending-video",
  record_video: "sending-video",
};

/** The line below the bot's name: what it is doing, as far as the chat shows. */
export class Presence {
  #connected = false;
  #bot = null;
  #action = null;
  #painting = null;
  #members = "";

  constructor(line, avatar) {
    this.line = line;
    this.avatar = avatar;
  }

  /** Who is in a group, shown while nothing happens; empty in a private chat. */
  members(names) {
    this.#members = names;
    this.#render();
  }

  connected(yes) {
    this.#connected = yes;
    this.#render();
  }

  bot(info) {
    this.#bot = info;
    this.#render();
  }

  action(name) {
    clearTimeout(this.actionTimer);
    this.#action = ACTIONS[name] ?? null;
    if (name) this.actionTimer = setTimeout(() => this.action(null), ACTION_MS);
    this.#render();
  }

  /** A status message whose bar moves means painting; when the bar or the message is gone, it is done. */
  edited(message) {
    if (!showsProgress(message.text ?? message.caption)) return this.deleted(message.message_id);
    clearTimeout(this.paintingTimer);
    this.#painting = message.message_id;
    this.paintingTimer = setTimeout(() => this.idle(), PAINTING_MS);
    this.#render();
  }

  deleted(id) {
    if (this.#painting === id) this.#painting = null;
    this.#render();
  }

  said() {
    this.action(null);
  }

  idle() {
    this.#painting = null;
    this.action(null);
  }

  #render() {
    const [text, state] = this.#state();
    if (this.line.textContent !== text) this.line.textContent = text;
    this.line.dataset.state = state;
    this.avatar.classList.toggle("painting", state === "painting");
  }

  /** In a group, it is said who is doing it. */
  #doing(key) {
    const action = say(key);
    return this.#members ? say("doing", { name: this.#bot?.name || "Atelier", action }) : action;
  }

  #state() {
    if (!this.#connected) return [say("connecting"), "away"];
    if (this.#bot && !this.#bot.connected) return [say("waiting-for-bot"), "away"];
    if (this.#painting) return [this.#doing("painting"), "painting"];
    if (this.#action) return [this.#doing(this.#action), "busy"];
    return this.#members ? [this.#members, "members"] : [say("online"), "online"];
  }
}
