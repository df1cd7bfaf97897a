import { h, icon } from "./dom.js";

const initial = (name) => [...(name || "?")][0].toUpperCase();

const GROUP_HUES = ["#8a6f4d", "#5b7a8c", "#7c6a9c", "#8c5b5b", "#5f8060"];

/** A person's initial on their colour. Whoever stands beside it says the name. */
export function face(person) {
  const element = h("span", { class: "face", "aria-hidden": "true" }, initial(person?.first_name));
  if (person?.color) element.style.setProperty("--person", person.color);
  return element;
}

export function groupFace(group) {
  const element = h("span", { class: "face", "aria-hidden": "true" }, initial(group?.title));
  element.style.setProperty("--person", GROUP_HUES[Math.abs(group?.id ?? 0) % GROUP_HUES.length]);
  return element;
}

export const botFace = () =>
  h("img", { class: "face", src: "/static/favicon.svg", alt: "", width: "42", height: "42", "aria-hidden": "true" });

export const newFace = () => h("span", { class: "face new", "aria-hidden": "true" }, icon("plus"));
