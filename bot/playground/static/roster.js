import * as api from "./api.js";

/** Everybody and every group that this playground knows, and the bot as each language sees it. */
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

  /** What the bot says about itself to somebody; asked again after `changed`. */
  bot(person) {
    const language = this.person(person)?.language_code ?? "";
    if (!this.#cards.has(language)) {
      const card = api.bot(language);
      card.catch(() => this.#cards.delete(language));
      this.#cards.set(language, card);
    }
    return this.#cards.get(language);
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
