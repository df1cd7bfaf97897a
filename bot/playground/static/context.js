import { h, icon } from "./dom.js";
import { walk } from "./popup.js";
import { say } from "./words.js";

const MARGIN_PX = 8;
// The pointer is over the menu at once: let go beside it, the button that asked for it would close it again.
const UNDER_PX = 14;

/** The menu of one message, where it was asked for: by the right button, a long press or the menu key. */
export class ContextMenu {
  constructor(menu, { reply, forward, copy }) {
    Object.assign(this, { menu, acts: { reply, forward, copy } });
    menu.addEventListener("keydown", (event) => walk(event, menu, "button"));
  }

  open(message, { clientX, clientY, currentTarget }) {
    const { menu, acts } = this;
    const text = message.text ?? message.caption;
    const items = [
      ["reply", say("reply"), () => acts.reply(message)],
      text && ["copy", say("copy-text"), () => acts.copy(text)],
      ["forward", say("forward"), () => acts.forward(message)],
    ].filter(Boolean);
    menu.replaceChildren(...items.map((item) => this.#item(...item)));
    menu.showPopover();
    // The menu key has no pointer: the message itself is the place then.
    const box = currentTarget.getBoundingClientRect();
    const x = clientX || box.left + box.width / 3;
    const y = clientY || box.top + box.height / 3;
    menu.style.left = `${Math.max(MARGIN_PX, Math.min(x - UNDER_PX, innerWidth - menu.offsetWidth - MARGIN_PX))}px`;
    menu.style.top = `${Math.max(MARGIN_PX, Math.min(y - UNDER_PX, innerHeight - menu.offsetHeight - MARGIN_PX))}px`;
    menu.querySelector("button").focus({ preventScroll: true });
  }

  #item(picture, label, act) {
    const onclick = () => {
      this.menu.hidePopover();
      act();
    };
    return h(
      "button",
      { type: "button", class: "menu-item", role: "menuitem", "data-testid": `message-${picture}`, onclick },
      icon(picture),
      h("span", { class: "menu-name" }, label),
    );
  }
}
