import * as api from "./api.js";
import { h, icon } from "./dom.js";

const initial = (person) => [...(person.first_name || "?")][0].toUpperCase();

function face(person) {
  const element = h("span", { class: "person-face", "aria-hidden": "true" }, initial(person));
  if (person.color) element.style.setProperty("--person", person.color);
  return element;
}

/** The menu behind one's own initial: who to chat as, and a fresh start. */
export class Menu {
  constructor({ menu, button, current, choose, clear, refused }) {
    Object.assign(this, { menu, button, current, choose, clear, refused });
    this.people = [];
    menu.addEventListener("beforetoggle", (event) => event.newState === "open" && this.#open());
    menu.addEventListener("keydown", (event) => this.#key(event));
  }

  async load() {
    try {
      this.people = await api.people();
    } catch (error) {
      this.refused(error);
    }
    const unknown = this.people.length && !this.people.some(({ id }) => id === this.current());
    // The address may remember somebody whom this playground does not know, or no longer.
    if (unknown) this.choose(this.people[0].id);
    this.reflect();
  }

  reflect() {
    const person = this.people.find(({ id }) => id === this.current()) ?? { first_name: "You" };
    this.button.replaceChildren(face(person));
    this.button.setAttribute("aria-label", `Menu. You chat as ${person.first_name}`);
    this.button.title = `You chat as ${person.first_name}`;
  }

  async #open() {
    this.#render();
    await this.load();
    this.#render();
  }

  #render() {
    const focused = this.menu.contains(document.activeElement);
    if (focused && document.activeElement.matches("input")) return;
    const name = h(
      "input",
      {
        type: "text",
        placeholder: "Somebody else…",
        "aria-label": "Name of a new person",
        maxlength: "64",
        required: true,
        autocomplete: "off",
        "data-testid": "person-name",
      },
    );
    this.menu.replaceChildren(
      h("h2", {}, "Chat as"),
      h(
        "div",
        { role: "radiogroup", "aria-label": "Chat as" },
        ...this.people.map((person) =>
          h(
            "button",
            {
              type: "button",
              class: "menu-item",
              role: "radio",
              "aria-checked": String(person.id === this.current()),
              "data-testid": "person",
              "data-person": person.id,
              onclick: () => this.#choose(person),
            },
            face(person),
            h("span", {}, person.first_name),
            person.id === this.current() && icon("check"),
          ),
        ),
      ),
      h(
        "form",
        {
          class: "menu-add",
          onsubmit: (event) => {
            event.preventDefault();
            if (name.value.trim()) this.#add(name.value.trim());
          },
        },
        h("span", { class: "person-face new", "aria-hidden": "true" }, icon("plus")),
        name,
      ),
      h("hr"),
      h(
        "button",
        {
          type: "button",
          class: "menu-item danger",
          "data-testid": "clear",
          onclick: () => this.#close(this.clear),
        },
        icon("trash"),
        h("span", {}, "Clear this chat"),
      ),
    );
  }

  async #add(name) {
    try {
      const person = await api.addPerson(name);
      await this.load();
      this.#choose(person);
    } catch (error) {
      this.refused(error);
    }
  }

  #choose(person) {
    this.#close(() => this.choose(person.id));
  }

  #close(then) {
    this.menu.hidePopover();
    then();
  }

  #key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const stops = [...this.menu.querySelectorAll("button, input")];
    const at = stops.indexOf(document.activeElement);
    stops[(at + step + stops.length) % stops.length].focus();
  }
}
