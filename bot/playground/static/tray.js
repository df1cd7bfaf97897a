import { animate, extension, fileSize, h, icon } from "./dom.js";
import { say } from "./words.js";

const MOST = 10;

/** Whether this browser can show a file: by its type at once, by its bytes to be sure. HEIC often cannot. */
async function preview(file) {
  if (!/^image\//.test(file.type)) return null;
  const url = URL.createObjectURL(file);
  const image = new Image();
  image.src = url;
  try {
    await image.decode();
    return url;
  } catch {
    URL.revokeObjectURL(url);
    return null;
  }
}

/** What waits to be sent. */
export class Tray {
  #items = [];

  constructor({ tray, list, asFile, changed, full }) {
    Object.assign(this, { tray, list, asFile, changed, full });
  }

  /** What is in it now, in order. */
  get items() {
    return [...this.#items];
  }

  get as() {
    return this.asFile.checked ? "document" : "photo";
  }

  async add(files, as) {
    if (as) this.asFile.checked = as === "document";
    const room = MOST - this.#items.length;
    const taken = [...files].slice(0, room);
    if (files.length > room) this.full(MOST);
    await Promise.all(taken.map((file) => this.#add(file)));
  }

  progress(items, share) {
    for (const { element } of items) {
      element.classList.add("sending");
      element.style.setProperty("--share", share.toFixed(3));
    }
  }

  idle() {
    for (const { element } of this.#items) element.classList.remove("sending");
  }

  remove(items) {
    for (const item of items) {
      item.element.remove();
      if (item.url) URL.revokeObjectURL(item.url);
    }
    this.#items = this.#items.filter((item) => !items.includes(item));
    if (!this.#items.length) this.asFile.checked = false;
    this.#reflect();
  }

  clear() {
    this.remove(this.#items);
  }

  async #add(file) {
    const face = h("span", { class: "tray-face" });
    const element = h(
      "li",
      { class: "tray-item", "data-testid": "tray-item", title: `${file.name} · ${fileSize(file.size)}` },
      face,
      h(
        "button",
        {
          type: "button",
          class: "tray-remove",
          "aria-label": say("remove", { name: file.name }),
          onclick: () => {
            const at = this.#items.indexOf(item);
            this.remove([item]);
            const others = [...this.list.querySelectorAll(".tray-remove")];
            (others[at] ?? others.at(-1))?.focus();
          },
        },
        icon("close"),
      ),
    );
    const item = { file, element, url: null };
    this.#items.push(item);
    this.list.append(element);
    this.#reflect();
    animate(element, [{ opacity: 0, transform: "scale(0.8)" }, { opacity: 1, transform: "none" }], { duration: 200 });
    element.scrollIntoView({ inline: "end", block: "nearest" });
    item.url = await preview(file);
    if (!this.#items.includes(item)) {
      if (item.url) URL.revokeObjectURL(item.url);
      return;
    }
    if (item.url) face.append(h("img", { src: item.url, alt: file.name }));
    else {
      element.classList.add("plain");
      face.append(h(
        "strong",
        {},
        extension(file.name),
      ), h("span", { class: "tray-name" }, file.name), h("span", {}, fileSize(file.size)));
    }
  }

  #reflect() {
    this.tray.hidden = this.#items.length === 0;
    this.changed();
  }
}
