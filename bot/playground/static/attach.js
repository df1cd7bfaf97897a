import { h, icon } from "./dom.js";
import { Popup } from "./popup.js";
import { say } from "./words.js";

const PICTURES = "image/*,.heic,.heif";

/** The menu behind the paper clip: photos, files as they are, or a sticker. */
export class Attach extends Popup {
  constructor({ menu, button, files, stickers, pick, sticker }) {
    super({ menu, button, above: true, build: () => this.#items() });
    menu.setAttribute("role", "menu");
    menu.setAttribute("aria-label", say("attach"));
    button.setAttribute("aria-haspopup", "menu");
    Object.assign(this, { files, stickers });
    files.addEventListener("change", () => {
      pick([...files.files], this.as);
      this.as = undefined;
      // So that the same file can be picked again.
      files.value = "";
    });
    stickers.addEventListener("change", () => {
      sticker([...stickers.files]);
      stickers.value = "";
    });
  }

  #items() {
    const choose = (input, as) => () =>
      this.close(() => {
        this.as = as;
        // A file may be anything; what is shown as a picture had better be one.
        if (input === this.files) input.accept = as ? "" : PICTURES;
        input.click();
      });
    return [
      ["picture", say("photos"), "attach-photos", choose(this.files)],
      ["file", say("files"), "attach-files", choose(this.files, "document")],
      ["sticker", say("as-sticker"), "attach-sticker", choose(this.stickers)],
    ].map(([picture, label, test, onclick]) =>
      h(
        "button",
        { type: "button", class: "menu-item", role: "menuitem", "data-testid": test, onclick },
        icon(picture),
        h("span", { class: "menu-name" }, label),
      ),
    );
  }
}
