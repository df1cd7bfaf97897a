import { h } from "./dom.js";

/** The list of slash commands above the composer: filtered by what is typed, walked with the arrow keys. */
export class Commands {
  #commands = [];
  #shown = [];
  #prefix = "";
  #active = 0;

  constructor({ list, field, button, choose, signal }) {
    Object.assign(this, { list, field, button, choose });
    button.addEventListener("click", () => {
      if (this.open) this.hide();
      else this.show("");
      field.focus();
    });
    const elsewhere = ({ target }) => {
      const inside = [list, button, field.form].some((element) => element.contains(target));
      if (this.open && !inside) this.hide();
    };
    document.addEventListener("pointerdown", elsewhere, { signal });
  }

  get open() {
    return !this.list.hidden;
  }

  set(commands) {
    this.#commands = commands ?? [];
    this.button.hidden = this.#commands.length === 0;
    if (this.open) this.show(this.#prefix);
  }

  /** Follows the field: a lone "/…" opens the list, anything else closes it. */
  typed() {
    const match = /^\/(\w*)$/.exec(this.field.value);
    if (match) this.show(match[1]);
    else this.hide();
  }

  show(prefix) {
    this.#prefix = prefix;
    this.#shown = this.#commands.filter(({ command }) => command.startsWith(prefix.toLowerCase()));
    if (!this.#shown.length) return this.hide();
    this.list.replaceChildren(
      ...this.#shown.map(({ command, description }, index) =>
        h(
          "div",
          {
            class: "command",
            role: "option",
            id: `${this.list.id}-${index}`,
            "data-testid": "command",
            // Keeps the focus, and a phone's keyboard, where it is.
            onpointerdown: (event) => event.preventDefault(),
            onclick: () => this.#pick(index),
            onpointermove: () => this.#activate(index),
          },
          h("span", { class: "command-name" }, `/${command}`),
          h("span", { class: "command-description" }, description),
        ),
      ),
    );
    this.#reflect(true);
    this.#activate(0);
  }

  hide() {
    this.#reflect(false);
    this.field.removeAttribute("aria-activedescendant");
  }

  /** Takes the keys that belong to the list; true when it took this one. */
  key(event) {
    if (!this.open) return false;
    const count = this.#shown.length;
    const act = {
      ArrowDown: () => this.#activate((this.#active + 1) % count),
      ArrowUp: () => this.#activate((this.#active + count - 1) % count),
      Enter: () => this.#pick(this.#active),
      Escape: () => this.hide(),
      Tab: () => this.#complete(),
    }[event.key];
    if (!act || event.shiftKey) return false;
    event.preventDefault();
    act();
    return true;
  }

  #reflect(open) {
    this.list.hidden = !open;
    this.field.setAttribute("aria-expanded", open);
    this.button.setAttribute("aria-expanded", open);
  }

  #activate(index) {
    this.#active = index;
    [...this.list.children].forEach((option, at) => option.setAttribute("aria-selected", at === index));
    this.list.children[index].scrollIntoView({ block: "nearest" });
    this.field.setAttribute("aria-activedescendant", `${this.list.id}-${index}`);
  }

  #complete() {
    this.field.value = `/${this.#shown[this.#active].command} `;
    this.field.dispatchEvent(new Event("input"));
  }

  #pick(index) {
    const { command } = this.#shown[index];
    this.hide();
    this.choose(`/${command}`);
  }
}
