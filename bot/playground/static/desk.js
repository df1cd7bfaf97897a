import * as api from "./api.js";
import { byId } from "./dom.js";
import { Column } from "./column.js";
import { MOST_COLUMNS, format, isGroup, keyOf, parse, privately } from "./places.js";
import { Roster } from "./roster.js";
import { Viewer } from "./viewer.js";
import { language, listed, say } from "./words.js";

/** The columns side by side. The address says who looks at what. */
export class Desk {
  columns = [];
  #active = null;
  #followed = "";
  #leave = () => {};

  constructor({ root }) {
    this.root = root;
    this.roster = new Roster();
    this.viewer = new Viewer(byId("viewer"));
    root.addEventListener("focusin", ({ target }) => this.#activate(target));
    root.addEventListener("pointerdown", ({ target }) => this.#activate(target));
    document.addEventListener("paste", (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (!files.length) return;
      event.preventDefault();
      this.active.composer.attach(files);
    });
    document.addEventListener("keydown", (event) => this.#wander(event));
    // A file that misses every column would replace the page.
    for (const name of ["dragover", "drop"]) window.addEventListener(name, (event) => event.preventDefault());
  }

  /** The column that somebody was last busy with. */
  get active() {
    return this.columns.includes(this.#active) ? this.#active : this.columns[0];
  }

  /** Who is here may have changed in another window. */
  async load() {
    try {
      await this.roster.load();
    } catch (error) {
      if (!(error instanceof api.Refusal)) throw error;
      this.active?.notices.toast(error.message, { bad: true });
    }
    if (this.columns.length) this.arrange();
    for (const column of this.columns) column.reflect();
  }

  /** Makes the columns what the address says; those that stay are not touched. */
  arrange() {
    const places = this.#known(parse(location.hash));
    const keys = places.map(keyOf);
    if (String(keys) !== String(parse(location.hash).map(keyOf))) {
      history.replaceState(null, "", `#${format(places)}`);
    }
    const spare = this.columns.filter(({ key }) => !keys.includes(key));
    this.columns = places.map((place) => {
      return (
        this.columns.find(({ key }) => key === keyOf(place)) ??
        spare.shift() ??
        new Column({ desk: this, roster: this.roster, viewer: this.viewer })
      );
    });
    for (const column of spare) column.close();
    this.root.classList.toggle("many", this.columns.length > 1);
    this.columns.forEach((column, at) => {
      if (this.root.children[at] !== column.root) this.root.insertBefore(column.root, this.root.children[at] ?? null);
      if (column.key !== keys[at]) column.enter(places[at]);
    });
    this.#follow();
  }

  /** Shows another place in a column; when it is shown already, that column is the one to look at. */
  go(column, place) {
    const shown = this.columns.find(({ key }) => key === keyOf(place));
    if (!shown) this.#address(this.columns.map((one) => (one === column ? place : one.place)));
    const target = shown ?? column;
    target.root.scrollIntoView({ inline: "nearest", block: "nearest" });
    target.composer.field.focus({ preventScroll: true });
    return target;
  }

  /** One more column, for somebody who is not shown yet; somebody new where all are. */
  async beside(column) {
    const here = new Set(this.columns.map(({ place }) => place.person));
    const free = this.roster.people.find(({ id }) => !here.has(id));
    const taken = this.roster.people.map(({ first_name: name }) => name);
    const person = free ?? (await this.addPerson(listed("guests").find((name) => !taken.includes(name)) ?? say("guest"), language));
    if (person) this.open(column, privately(person.id));
  }

  /** Beside the others while there is room, else instead of `column`. */
  open(column, place) {
    const shown = this.columns.some(({ key }) => key === keyOf(place));
    if (shown || this.columns.length === MOST_COLUMNS) return this.go(column, place);
    this.#address([...this.columns.map((one) => one.place), place]);
    return this.go(column, place);
  }

  leave(column) {
    const at = this.columns.indexOf(column);
    this.#address(this.columns.filter((one) => one !== column).map(({ place }) => place));
    this.columns[Math.max(0, at - 1)].composer.field.focus();
  }

  /** A group has another number now. */
  async moved(from, to) {
    await this.roster.load();
    this.#address(this.columns.map(({ place }) => (place.chat === from ? { ...place, chat: to } : place)));
  }

  /** Writes `words` where they are to be sent from, to be looked at first. */
  compose(column, place, words) {
    const target = this.go(column, place);
    target.composer.write(words);
    target.composer.field.focus();
  }

  addPerson(name, language) {
    return this.active.refusable(this.roster.addPerson(name, language));
  }

  theme() {
    const { dataset } = document.documentElement;
    const dark = dataset.theme ? dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    dataset.theme = dark ? "light" : "dark";
    try {
      localStorage.setItem("theme", dataset.theme);
    } catch {
      // Storage may be forbidden: the choice then holds until the page is closed.
    }
  }

  #address(places) {
    const url = new URL(location.href);
    url.hash = format(places);
    history.pushState(null, "", url);
    this.arrange();
  }

  /** The address may remember somebody whom this playground does not know, or no longer. */
  #known(places) {
    const { people } = this.roster;
    if (!people.length) return places;
    const found = new Map();
    for (const place of places) {
      const person = this.roster.person(place.person) ?? people[0];
      const member = this.roster.group(place.chat)?.people.includes(person.id);
      const known = isGroup(place) && member ? { person: person.id, chat: place.chat } : privately(person.id);
      found.set(keyOf(known), known);
    }
    return [...found.values()];
  }

  #follow() {
    const keys = this.columns.map(({ key }) => key).sort();
    if (this.#followed === String(keys)) return;
    // Also for a chat that is followed already: whoever is new needs its snapshot.
    this.#followed = String(keys);
    this.#leave();
    const chats = [...new Set(this.columns.map(({ place }) => place.chat))];
    const tell = (name) => (data) => {
      for (const column of this.columns) if (column.place.chat === data.chat) column[name](data);
    };
    const names = ["snapshot", "message", "edit", "delete", "action", "reaction"];
    this.#leave = api.follow(chats, {
      ...Object.fromEntries(names.map((name) => [name, tell(name)])),
      connected: (yes) => {
        for (const column of this.columns) column.presence.connected(yes);
        // A server that was started again may have another bot.
        if (yes) this.#botChanged();
        if (yes && !this.roster.people.length) this.load();
      },
      bot: () => this.#botChanged(),
      // Another playground, perhaps, without these people.
      refused: () => this.load(),
    });
  }

  #botChanged() {
    this.roster.changed();
    for (const column of this.columns) column.reflect();
  }

  #activate(target) {
    this.#active = this.columns.find(({ root }) => root.contains(target)) ?? this.#active;
    for (const column of this.columns) column.root.classList.toggle("active", column === this.#active);
  }

  /** Typing anywhere in the page is typing a message where one was last busy; F6 goes from column to column. */
  #wander(event) {
    if (event.key === "F6" && this.columns.length > 1) {
      event.preventDefault();
      const { columns } = this;
      const next = columns.indexOf(this.active) + (event.shiftKey ? columns.length - 1 : 1);
      return columns[next % columns.length].composer.field.focus();
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1 || event.key === " ") return;
    if (document.querySelector("dialog[open], .menu:popover-open")) return;
    if (!event.target.closest("input, textarea, select, video, audio")) this.active.composer.field.focus();
  }
}
