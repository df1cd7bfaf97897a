import { addMember, leaveGroup, newGroup } from "./between.js";
import { h, icon } from "./dom.js";
import { botFace, face, groupFace } from "./faces.js";
import { newcomer } from "./newcomer.js";
import { isGroup, MOST_COLUMNS, privately } from "./places.js";
import { Popup } from "./popup.js";
import { say } from "./words.js";

/** The menu behind a column's person: who speaks here, in which chat, and who else is shown beside. */
export class Menu extends Popup {
  constructor({ column, menu, button, roster, desk }) {
    super({ menu, button, build: () => this.#sections() });
    Object.assign(this, { column, roster, desk });
    menu.addEventListener("beforetoggle", async (event) => {
      if (event.newState !== "open") return;
      await desk.load();
      // Not under somebody's fingers.
      if (this.open && !menu.contains(document.activeElement?.closest("form"))) this.#again();
    });
  }

  reflect() {
    const person = this.roster.person(this.column.place.person) ?? { first_name: say("you") };
    this.button.replaceChildren(h("span", { class: "person-name" }, person.first_name), face(person));
    this.button.setAttribute("aria-label", say("menu-of", { name: person.first_name }));
    this.button.title = say("chat-as-name", { name: person.first_name });
  }

  /** Built anew, with the focus on the same thing. */
  #again() {
    const focused = this.menu.contains(document.activeElement) && document.activeElement.dataset.key;
    this.render();
    if (focused) this.menu.querySelector(`[data-key="${focused}"]`)?.focus();
  }

  #sections() {
    const { place } = this.column;
    const group = isGroup(place) ? this.roster.group(place.chat) : null;
    const speakers = group
      ? group.people.map((id) => this.roster.person(id)).filter(Boolean)
      : this.roster.people;
    return [
      this.#radios(
        say("chat-as"),
        speakers.map((person) => ({
          key: `person-${person.id}`,
          face: face(person),
          name: person.first_name,
          checked: person.id === place.person,
          test: "person",
          to: group ? { person: person.id, chat: group.id } : privately(person.id),
        })),
      ),
      group ? this.#item("plus", say("add-member"), "add-member", () => addMember(this.desk, this.column)) : newcomer(
        (name, language) => this.#addPerson(name, language),
      ),
      h("hr"),
      this.#radios(say("chat-in"), this.#chats(place)),
      this.#item("people", say("new-group"), "new-group", () => newGroup(this.desk, this.column)),
      h("hr"),
      this.desk.columns.length < MOST_COLUMNS &&
        this.#item("columns", say("open-beside"), "menu-beside", () => this.desk.beside(this.column)),
      this.#item("moon", say("switch-theme"), "menu-theme", () => this.desk.theme()),
      this.desk.columns.length > 1 &&
        this.#item("close", say("close-column"), "menu-leave", () => this.desk.leave(this.column)),
      group && this.#item("leave", say("leave-group"), "leave-group", () => leaveGroup(this.desk, this.column)),
      this.#item("trash", say("clear-chat"), "clear", () => this.column.clear(), "danger"),
    ];
  }

  #chats({ person, chat }) {
    const own = { key: "private", face: botFace(), name: "Atelier", checked: chat === person, to: privately(person) };
    const groups = this.roster.groupsOf(person).map((group) => ({
      key: `group-${group.id}`,
      face: groupFace(group),
      name: group.title,
      checked: group.id === chat,
      to: { person, chat: group.id },
    }));
    return [own, ...groups].map((choice) => ({ ...choice, test: "chat" }));
  }

  #radios(label, choices) {
    return h(
      "div",
      { class: "menu-section", role: "radiogroup", "aria-label": label },
      h("h2", { "aria-hidden": "true" }, label),
      ...choices.map(({ key, face: shown, name, checked, test, to }) =>
        h(
          "button",
          {
            type: "button",
            class: "menu-item",
            role: "radio",
            "aria-checked": String(checked),
            "data-testid": test,
            "data-key": key,
            onclick: () => this.close(() => this.desk.go(this.column, to)),
          },
          shown,
          h("span", { class: "menu-name" }, name),
          checked && icon("check"),
        ),
      ),
    );
  }

  #item(picture, label, test, act, kind = "") {
    return h(
      "button",
      {
        type: "button",
        class: `menu-item ${kind}`,
        "data-testid": test,
        "data-key": test,
        onclick: () => this.close(act),
      },
      icon(picture),
      h("span", { class: "menu-name" }, label),
    );
  }

  async #addPerson(name, language) {
    const person = await this.desk.addPerson(name, language);
    if (person) this.close(() => this.desk.go(this.column, privately(person.id)));
  }
}
