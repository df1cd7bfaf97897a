import { byId, h, icon } from "./dom.js";
import { botFace, face, groupFace } from "./faces.js";
import { newcomer } from "./newcomer.js";
import { walk } from "./popup.js";
import { say } from "./words.js";

/** The one dialog that asks a question: it slides up on a phone, and stands in the middle elsewhere. */
function ask(title, ...content) {
  const dialog = byId("sheet");
  if (dialog.open) dialog.close();
  const close = h(
    "button",
    { type: "button", class: "icon-button", "aria-label": say("close"), onclick: () => dialog.close() },
    icon("close"),
  );
  dialog.setAttribute("aria-labelledby", "sheet-title");
  dialog.replaceChildren(
    h("header", { class: "sheet-head" }, h("h2", { id: "sheet-title" }, title), close),
    ...content.filter(Boolean),
  );
  dialog.onkeydown = (event) => walk(event, dialog, ".choice");
  // A handler that returned false would forbid what the event does by itself.
  dialog.onclick = ({ target }) => {
    if (target === dialog) dialog.close();
  };
  dialog.showModal();
  dialog.querySelector("[data-first], .choice")?.focus();
  return dialog;
}

/**
 * Asks for one of several chats: to share a link, to forward a message, to add somebody.
 *
 * @param choices objects with `person`, `group`, or neither, which is the bot; `pick` is given the chosen one
 */
export function choose({ title, preview, choices, pick, add, extra }) {
  const choice = (one) =>
    h(
      "button",
      {
        type: "button",
        class: "choice menu-item",
        "data-testid": "choice",
        onclick: () => {
          dialog.close();
          pick(one);
        },
      },
      one.person ? face(one.person) : one.group ? groupFace(one.group) : botFace(),
      h("span", { class: "menu-name" }, one.person?.first_name ?? one.group?.title ?? "Atelier"),
      one.group && h("span", { class: "choice-kind" }, say("group")),
    );
  const dialog = ask(
    title,
    preview && h("p", { class: "sheet-preview" }, preview.text && h("span", {}, preview.text), h("em", {}, preview.url)),
    h("div", { class: "choices" }, ...choices.map(choice)),
    add &&
      newcomer(async (name, language) => {
        const person = await add(name, language);
        if (!person) return;
        dialog.close();
        pick({ person });
      }),
    extra &&
      h(
        "button",
        {
          type: "button",
          class: "choice menu-item",
          "data-testid": "choice-extra",
          onclick: () => {
            dialog.close();
            extra.act();
          },
        },
        icon(extra.icon),
        h("span", { class: "menu-name" }, extra.label),
      ),
  );
}

/** Asks for a group's title and its people; `make(title, ids)` is told. */
export function askForGroup({ people, me, make, add }) {
  const title = h("input", {
    type: "text",
    class: "sheet-field",
    placeholder: say("group-name"),
    "aria-label": say("group-name"),
    maxlength: "128",
    required: true,
    autocomplete: "off",
    "data-first": true,
    "data-testid": "group-title",
  });
  const members = h("div", { class: "choices", role: "group", "aria-label": say("group-people") });
  const member = (person, checked) =>
    members.append(
      h(
        "label",
        { class: "menu-item" },
        face(person),
        h("span", { class: "menu-name" }, person.id === me ? say("group-maker", { name: person.first_name }) : person.first_name),
        h("input", {
          type: "checkbox",
          class: "tick choice",
          value: person.id,
          checked,
          disabled: person.id === me,
          "data-testid": "group-member",
        }),
      ),
    );
  people.forEach((person) => member(person, person.id === me));
  const form = h(
    "form",
    {
      class: "sheet-form",
      id: "group-form",
      onsubmit: async (event) => {
        event.preventDefault();
        const ticked = [...members.querySelectorAll("input:checked")].map(({ value }) => Number(value));
        // Whoever makes a group is its first.
        const done = await make(title.value.trim(), [me, ...ticked.filter((id) => id !== me)]);
        if (done) dialog.close();
      },
    },
    title,
    members,
  );
  const dialog = ask(
    say("group-new"),
    form,
    newcomer(async (name, language) => {
      const person = await add(name, language);
      if (!person) return;
      member(person, true);
      members.lastElementChild.scrollIntoView({ block: "nearest" });
      dialog.querySelector(".newcomer input").value = "";
    }),
    h(
      "footer",
      { class: "sheet-foot" },
      h("button", { type: "submit", class: "solid-button", form: "group-form", "data-testid": "make-group" }, say("make-group")),
    ),
  );
}
