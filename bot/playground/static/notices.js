import { animate, byId, h } from "./dom.js";

const SHOWN_MS = 2600;
const MS_PER_LETTER = 35;

/** Short notices above a column's composer, for its person alone. In the top layer: seen over the viewer too. */
export class Notices {
  constructor({ column, toasts, dock }) {
    Object.assign(this, { column, toasts, dock });
  }

  async toast(text, { bad = false } = {}) {
    const { toasts } = this;
    const element = h("div", { class: `toast ${bad ? "bad" : ""}`, "data-testid": "toast" }, text);
    toasts.replaceChildren(element);
    // Shown afresh, to be above a dialog that was opened later.
    if (toasts.matches(":popover-open")) toasts.hidePopover();
    toasts.showPopover();
    const { left, width } = this.column.getBoundingClientRect();
    toasts.style.left = `${left}px`;
    toasts.style.width = `${width}px`;
    toasts.style.bottom = `${this.dock.offsetHeight + 12}px`;
    const below = { opacity: 0, transform: "translateY(12px) scale(0.96)" };
    animate(element, [below, { opacity: 1, transform: "none" }], { duration: 240 });
    await new Promise((resolve) => setTimeout(resolve, SHOWN_MS + text.length * MS_PER_LETTER));
    await animate(element, [{ opacity: 1 }, { opacity: 0 }], { duration: 200 });
    element.remove();
    if (!toasts.children.length && toasts.isConnected) toasts.hidePopover();
  }
}

export function showAlert(title, text) {
  const dialog = byId("alert");
  if (dialog.open) dialog.close();
  const done = h("button", { type: "submit", class: "plain-button", autofocus: true }, "OK");
  dialog.setAttribute("aria-labelledby", "alert-title");
  dialog.replaceChildren(
    h("form", { method: "dialog" }, h("h2", { id: "alert-title" }, title), h("p", {}, text), done),
  );
  dialog.showModal();
}
