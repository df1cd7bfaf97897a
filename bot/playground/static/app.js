import * as api from "./api.js";
import { byId } from "./dom.js";
import { Chat } from "./chat.js";
import { Composer } from "./composer.js";
import { watchDrops } from "./drop.js";
import { Menu } from "./menu.js";
import { showAlert, toast } from "./notices.js";
import { Presence } from "./presence.js";
import { Viewer } from "./viewer.js";

const FIRST_PERSON = 1001;

/** In a private chat, the chat's id is the person's; the address remembers who one is. */
const person = () => Number(/^#(\d+)$/.exec(location.hash)?.[1] ?? FIRST_PERSON);

const pending = new Set();
const keyOf = (messageId, data) => `${messageId} ${data}`;

function refused(error) {
  if (!(error instanceof api.Refusal)) throw error;
  toast(error.message, { bad: true });
}

function reflectPending(messageId, data) {
  const busy = pending.has(keyOf(messageId, data));
  const keys = document.querySelectorAll(`[data-message-id="${messageId}"] .inline-button`);
  for (const key of keys) if (key.dataset.data === data) key.setAttribute("aria-busy", busy);
}

async function tap(messageId, data) {
  const key = keyOf(messageId, data);
  if (pending.has(key)) return;
  pending.add(key);
  reflectPending(messageId, data);
  try {
    const { text, show_alert: modal } = await api.tap(person(), messageId, data);
    if (text && modal) showAlert(byId("name").textContent, text);
    else if (text) toast(text);
  } catch (error) {
    refused(error);
  } finally {
    pending.delete(key);
    reflectPending(messageId, data);
  }
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast("Copied.");
  } catch {
    toast("This browser does not allow copying.", { bad: true });
  }
}

const presence = new Presence(byId("presence"), byId("avatar"));
const viewer = new Viewer(byId("viewer"));
const composer = new Composer({ chat: person });
const chat = new Chat({
  scroller: byId("scroller"),
  chat: byId("chat"),
  dock: byId("dock"),
  jump: byId("jump"),
  unread: byId("unread"),
  announcer: byId("announcer"),
  actions: {
    tap,
    copy,
    stop: () => api.stopDraft(person()).catch(refused),
    say: (words) => composer.say(words),
    pending: (messageId, data) => pending.has(keyOf(messageId, data)),
    reply: (message) => composer.reply(message),
    open(message, opener) {
      const pictures = chat.pictures();
      viewer.open(pictures, pictures.findIndex((picture) => picture.message.message_id === message.message_id), opener);
    },
  },
});

function introduce(bot) {
  presence.bot(bot);
  composer.commands.set(bot.commands);
  document.title = bot.name || "Atelier";
  byId("name").textContent = bot.name || "Atelier";
  byId("welcome-name").textContent = bot.name || "Atelier";
  byId("description").textContent = bot.description || bot.short_description || "";
}

function settle() {
  byId("welcome").hidden = !chat.empty;
  viewer.refresh(chat.pictures());
}

let leave = () => {};

function enter() {
  leave();
  chat.clear();
  composer.reset();
  presence.idle();
  presence.connected(false);
  menu.reflect();
  leave = api.follow(person(), {
    connected(yes) {
      presence.connected(yes);
      // A server that was started again may have another bot.
      if (yes) api.bot().then(introduce, () => {});
    },
    snapshot({ messages }) {
      chat.snapshot(messages);
      settle();
    },
    message({ message }) {
      if (message.from?.is_bot) presence.said();
      chat.add(message);
      settle();
    },
    edit({ message }) {
      presence.edited(message);
      chat.edit(message);
      settle();
    },
    delete({ message_id: id }) {
      chat.remove(id);
      settle();
    },
    action: ({ action }) => presence.action(action),
    draft: (draft) => chat.draft(draft),
    reaction: ({ message_id: id, reaction }) => chat.react(id, reaction[0]?.emoji),
    bot: introduce,
  });
}

const menu = new Menu({
  menu: byId("menu"),
  button: byId("person"),
  current: person,
  choose(id) {
    location.hash = id;
    byId("text").focus();
  },
  clear: () => api.reset(person()).catch(refused),
  refused,
});

watchDrops(byId("drop"), (files, as) => composer.attach(files, as));
byId("start").addEventListener("click", () => composer.say("/start"));
byId("chat").addEventListener("click", ({ target }) => {
  const command = target.closest("[data-command]")?.dataset.command;
  if (command) composer.say(command);
});
byId("theme").addEventListener("click", () => {
  const { dataset } = document.documentElement;
  const dark = dataset.theme ? dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  dataset.theme = dark ? "light" : "dark";
  try {
    localStorage.setItem("theme", dataset.theme);
  } catch {
    // Storage may be forbidden: the choice then holds until the page is closed.
  }
});
window.addEventListener("hashchange", enter);

menu.load();
enter();
// A link such as ?start=style_mosaic, once.
const link = new URL(location.href);
if (link.searchParams.has("start")) {
  composer.say(`/start ${link.searchParams.get("start")}`);
  link.searchParams.delete("start");
  history.replaceState(null, "", link);
}
if (matchMedia("(hover: hover)").matches) byId("text").focus();
