import * as api from "./api.js";
import { keyOf } from "./places.js";

/** Everybody and every group that this playground knows, and the bot as each of them sees it. */
export class Roster {
  people = [];
  groups = [];
  #cards = new Map();

  async load() {
    [this.people, this.groups] = await Promise.all([api.people(), api.groups()]);
  }

  person(id) {
    return this.people.find((person) => person.id === id);
  }

  group(id) {
    return this.groups.find((group) => group.id === id);
  }

  groupsOf(person) {
    return this.groups.filter((group) => group.people.includes(person));
  }

  /** What the bot says about itself to somebody in a chat; asked again after `changed`. */
  bot(place) {
    const key = keyOf(place);
    if (!this.#cards.has(key)) {
      const card = api.bot(place);
      card.catch(() => this.#cards.delete(key));
      this.#cards.set(key, card);
    }
    return this.#cards.get(key);
  }

  changed() {
    this.#cards.clear();
  }

  async addPerson(name, language) {
    const person = await api.addPerson(name, language);
    await this.load();
    return person;
  }

  async addGroup(title, people) {
    const group = await api.addGroup(title, people);
    await this.load();
    return group;
  }
}
