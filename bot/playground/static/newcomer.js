import * as api from "./api.js";
import { h } from "./dom.js";
import { newFace } from "./faces.js";
import { language as own, say } from "./words.js";

const option = ([code, label]) => h("option", { value: code, lang: code }, label);

/** A line in which somebody new is named; `add(name, language)` is told. */
export function newcomer(add) {
  const name = h("input", {
    type: "text",
    placeholder: say("somebody-else"),
    "aria-label": say("new-name"),
    maxlength: "64",
    required: true,
    autocomplete: "off",
    "data-testid": "person-name",
  });
  const language = h(
    "select",
    { "aria-label": say("their-language"), "data-testid": "person-language" },
    option(["en", "English"]),
  );
  api.languages().then(
    (known) => {
      language.replaceChildren(...Object.entries(known).map(option));
      language.value = own;
    },
    () => {}, // then there is English
  );
  const form = h(
    "form",
    {
      class: "newcomer",
      onsubmit: (event) => {
        event.preventDefault();
        event.stopPropagation();
        if (name.value.trim()) add(name.value.trim(), language.value);
      },
    },
    newFace(),
    name,
    language,
  );
  return form;
}
