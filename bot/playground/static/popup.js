const MARGIN_PX = 8;
const GAP_PX = 16;

/** Arrow keys go from one stop to the next, Home and End to the ends. */
export function walk(event, container, selector) {
  const stops = [...container.querySelectorAll(selector)].filter((stop) => !stop.disabled && stop.checkVisibility());
  const at = stops.indexOf(document.activeElement);
  const next = {
    ArrowDown: (at + 1) % stops.length,
    ArrowUp: (Math.max(at, 0) - 1 + stops.length) % stops.length,
    Home: 0,
    End: stops.length - 1,
  }[event.key];
  const inText = event.target.matches("input[type=text]") && (event.key === "Home" || event.key === "End");
  if (next === undefined || !stops.length || inText || event.target.matches("select")) return;
  event.preventDefault();
  stops[next].focus();
}

/** A menu that hangs from its button, inside the window. Escape and a click elsewhere close it. */
export class Popup {
  constructor({ menu, button, above = false, build }) {
    Object.assign(this, { menu, button, above, build });
    button.popoverTargetElement = menu;
    menu.addEventListener("beforetoggle", (event) => {
      button.setAttribute("aria-expanded", event.newState === "open");
      if (event.newState !== "open") return;
      this.render();
      // Takes the focus as it opens, so that the very next key is for the menu.
      (menu.querySelector('[aria-checked="true"]') ?? menu.querySelector("button")).autofocus = true;
    });
    menu.addEventListener("toggle", (event) => event.newState === "open" && this.#place());
    menu.addEventListener("keydown", (event) => walk(event, menu, "button, input, select"));
  }

  get open() {
    return this.menu.matches(":popover-open");
  }

  render() {
    this.menu.replaceChildren(...this.build().flat().filter(Boolean));
    if (this.open) this.#place();
  }

  /** Closes it first, so that the focus is where what follows expects it. */
  close(then = () => {}) {
    this.menu.hidePopover();
    then();
  }

  #place() {
    const anchor = this.button.getBoundingClientRect();
    const { style, offsetWidth } = this.menu;
    const most = innerWidth - offsetWidth - MARGIN_PX;
    style.left = `${Math.max(MARGIN_PX, Math.min(most, anchor.right - offsetWidth))}px`;
    style.top = this.above ? "auto" : `${anchor.bottom + GAP_PX}px`;
    style.bottom = this.above ? `${innerHeight - anchor.top + GAP_PX}px` : "auto";
  }
}
