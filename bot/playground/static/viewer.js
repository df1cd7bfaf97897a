import { animate, h, icon } from "./dom.js";
import { fileUrl } from "./api.js";
import { say } from "./words.js";

const MOST = 8;
const STEP = 1.5;
const DRAG_PX = 6;
const SWIPE_PX = 60;

const clamp = (value, least, most) => Math.min(most, Math.max(least, value));

/** Looks at one picture of many, as large as the window allows, and closer. */
export class Viewer {
  #pictures = [];
  #index = 0;
  #view = { scale: 1, x: 0, y: 0 };
  #pointers = new Map();
  #moved = false;

  constructor(dialog) {
    this.dialog = dialog;
    this.image = h("img", { class: "viewer-image", alt: "", draggable: "false" });
    this.before = h("img", { class: "viewer-before", alt: "", draggable: "false" });
    this.slider = h("input", {
      type: "range",
      class: "viewer-slider",
      min: "0",
      max: "100",
      step: "any",
      "aria-label": say("compare"),
      "data-testid": "viewer-slider",
      oninput: () => this.#divide(),
    });
    const label = (name) => h("span", { class: `viewer-label viewer-label-${name}`, "aria-hidden": "true" }, say(name));
    this.comparison = h(
      "div",
      { class: "viewer-comparison", hidden: true },
      this.before,
      h("span", { class: "viewer-divider" }),
      label("before"),
      label("after"),
      this.slider,
    );
    this.frame = h("div", { class: "viewer-frame" }, this.image, this.comparison);
    this.stage = h("div", { class: "viewer-stage" }, this.frame);
    this.count = h("span", { class: "viewer-count" });
    this.caption = h("p", { class: "viewer-caption" });
    this.download = h(
      "a",
      { class: "icon-button", "data-testid": "viewer-download", "aria-label": say("download"), title: say("download") },
      icon("download"),
    );
    const button = (name, label, onclick, className = "icon-button") =>
      h("button", { type: "button", class: className, "aria-label": label, title: label, onclick }, icon(name));
    this.previous = button("left", say("previous-picture"), () => this.#go(-1), "icon-button viewer-step viewer-previous");
    this.next = button("right", say("next-picture"), () => this.#go(1), "icon-button viewer-step viewer-next");
    const close = button("close", say("close"), () => dialog.close());
    const zoom = button("zoom", say("zoom"), () => this.#toggleZoom());
    this.compare = button("compare", say("compare"), () => this.#compare(this.comparison.hidden));
    this.compare.dataset.testid = "viewer-compare";
    close.autofocus = true;
    dialog.append(
      this.stage,
      h("div", { class: "viewer-bar" }, this.count, this.compare, zoom, this.download, close),
      this.previous,
      this.next,
      this.caption,
    );
    dialog.addEventListener("keydown", (event) => this.#key(event));
    dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
    dialog.addEventListener("close", () => {
      this.image.removeAttribute("src");
      this.#compare(false);
      this.opener?.focus({ preventScroll: true });
    });
    this.stage.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    this.stage.addEventListener("pointerdown", (event) => this.#down(event));
    this.stage.addEventListener("pointermove", (event) => this.#move(event));
    for (const name of ["pointerup", "pointercancel"]) this.stage.addEventListener(name, (event) => this.#up(event));
    new ResizeObserver(() => this.#place()).observe(this.stage);
  }

  /** `pictures` gives those of the chat as they are now, `message` is the one to begin with. */
  open(pictures, message, opener) {
    this.source = pictures;
    this.#pictures = pictures();
    const index = this.#pictures.findIndex((picture) => picture.message.message_id === message.message_id);
    if (index < 0) return;
    this.opener = opener;
    this.dialog.showModal();
    this.#show(index);
    // What the chat shows is there at once; the full picture follows.
    const shown = opener?.querySelector("img")?.src;
    if (shown) this.image.src = shown;
    this.#place();
    this.#grow(opener);
  }

  /** A picture that is being looked at may be edited meanwhile: it changes under the eye, zoom and all. */
  refresh() {
    if (!this.dialog.open) return;
    const pictures = this.source();
    const current = this.#pictures[this.#index].message.message_id;
    const index = pictures.findIndex(({ message }) => message.message_id === current);
    if (index < 0) return;
    const changed = pictures[index].id !== this.#pictures[this.#index].id;
    this.#pictures = pictures;
    this.#index = index;
    this.#label();
    if (changed) this.#load();
  }

  #show(index) {
    this.#index = index;
    this.#view = { scale: 1, x: 0, y: 0 };
    this.image.removeAttribute("src");
    this.#compare(false);
    this.#label();
    this.#load();
  }

  /** Lays the photo over its painting, up to the slider; or takes it away. */
  #compare(yes) {
    const { before } = this.#pictures[this.#index];
    this.comparison.hidden = !yes || !before;
    this.compare.setAttribute("aria-pressed", String(!this.comparison.hidden));
    if (this.comparison.hidden) return this.before.removeAttribute("src");
    this.before.src = fileUrl(before);
    this.slider.value = "50";
    this.#divide();
    this.slider.focus({ preventScroll: true });
  }

  #divide() {
    this.comparison.style.setProperty("--at", `${this.slider.value}%`);
  }

  #label() {
    const { id, name, message, before } = this.#pictures[this.#index];
    const many = this.#pictures.length > 1;
    this.count.textContent = many ? say("of-all", { at: this.#index + 1, all: this.#pictures.length }) : "";
    this.caption.textContent = message.caption ?? "";
    this.compare.hidden = !before;
    this.download.href = fileUrl(id, name);
    this.download.download = name;
    this.previous.hidden = !many || this.#index === 0;
    this.next.hidden = !many || this.#index === this.#pictures.length - 1;
  }

  async #load() {
    const picture = this.#pictures[this.#index];
    this.image.alt = picture.message.caption ?? say("picture");
    this.#place();
    const sources = [...new Set([picture.preview, picture.id])].map((id) => fileUrl(id));
    for (const source of sources) {
      const loader = new Image();
      loader.src = source;
      await loader.decode().catch(() => {});
      if (this.#pictures[this.#index] !== picture || !this.dialog.open) return;
      if (!loader.naturalWidth) continue;
      this.natural = { width: loader.naturalWidth, height: loader.naturalHeight };
      this.image.src = source;
      this.#place();
    }
  }

  /** Lays the picture out at its fitted size, then moves and scales it by its transform. */
  #place() {
    if (!this.dialog.open) return;
    const picture = this.#pictures[this.#index];
    const { clientWidth, clientHeight } = this.stage;
    const ratio = picture.width / picture.height;
    // Small pictures are shown larger than they are, but not absurdly so.
    const width = Math.min(clientWidth, clientHeight * ratio, Math.max(picture.width, 640) * 2);
    this.frame.style.width = `${width}px`;
    this.frame.style.height = `${width / ratio}px`;
    this.fitted = { width, height: width / ratio };
    const view = this.#view;
    const slackX = Math.max(0, (width * view.scale - clientWidth) / 2);
    const slackY = Math.max(0, (this.fitted.height * view.scale - clientHeight) / 2);
    view.x = clamp(view.x, -slackX, slackX);
    view.y = clamp(view.y, -slackY, slackY);
    this.frame.style.transform = `translate(${view.x}px, ${view.y}px) scale(${view.scale})`;
    this.stage.classList.toggle("zoomed", view.scale > 1);
  }

  #zoom(scale, { clientX, clientY } = {}) {
    const box = this.stage.getBoundingClientRect();
    const x = (clientX ?? box.left + box.width / 2) - box.left - box.width / 2;
    const y = (clientY ?? box.top + box.height / 2) - box.top - box.height / 2;
    const view = this.#view;
    const next = clamp(scale, 1, MOST);
    const by = next / view.scale;
    // The point under the pointer stays under the pointer.
    Object.assign(view, { scale: next, x: x - (x - view.x) * by, y: y - (y - view.y) * by });
    this.#place();
  }

  #toggleZoom(at) {
    this.frame.classList.add("gliding");
    const actual = (this.natural?.width ?? 0) / this.fitted.width;
    this.#zoom(this.#view.scale > 1 ? 1 : clamp(actual, 2, 4), at);
    setTimeout(() => this.frame.classList.remove("gliding"), 250);
  }

  #go(step) {
    const index = this.#index + step;
    if (index < 0 || index >= this.#pictures.length) return;
    this.#show(index);
    const aside = { opacity: 0, translate: `${step * 40}px` };
    animate(this.image, [aside, { opacity: 1, translate: "0" }], { duration: 220 });
    if (document.activeElement?.hidden) this.dialog.querySelector(".viewer-step:not([hidden])")?.focus();
  }

  #key(event) {
    const act = {
      ArrowLeft: () => this.#go(-1),
      ArrowRight: () => this.#go(1),
      "+": () => this.#zoom(this.#view.scale * STEP),
      "=": () => this.#zoom(this.#view.scale * STEP),
      "-": () => this.#zoom(this.#view.scale / STEP),
      0: () => this.#zoom(1),
    }[event.key];
    // The slider has arrows of its own.
    if (event.target === this.slider && event.key.startsWith("Arrow")) return;
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  }

  #wheel(event) {
    event.preventDefault();
    this.#zoom(this.#view.scale * Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.002)), event);
  }

  #down(event) {
    if (event.button !== 0 || event.target === this.slider) return;
    event.preventDefault();
    this.stage.setPointerCapture(event.pointerId);
    if (this.#pointers.size === 0) {
      this.#moved = false;
      this.start = { x: event.clientX, y: event.clientY, target: event.target };
    }
    this.#pointers.set(event.pointerId, { clientX: event.clientX, clientY: event.clientY });
  }

  #move(event) {
    const before = this.#pointers.get(event.pointerId);
    if (!before) return;
    const now = { clientX: event.clientX, clientY: event.clientY };
    const other = [...this.#pointers].find(([id]) => id !== event.pointerId)?.[1];
    this.#pointers.set(event.pointerId, now);
    if (Math.hypot(now.clientX - this.start.x, now.clientY - this.start.y) > DRAG_PX) this.#moved = true;
    if (other) {
      const apart = (a) => Math.hypot(a.clientX - other.clientX, a.clientY - other.clientY);
      this.#zoom(this.#view.scale * (apart(now) / apart(before)), {
        clientX: (now.clientX + other.clientX) / 2,
        clientY: (now.clientY + other.clientY) / 2,
      });
      this.pinched = true;
    } else if (this.#view.scale > 1) {
      this.#view.x += now.clientX - before.clientX;
      this.#view.y += now.clientY - before.clientY;
      this.#place();
    }
  }

  #up(event) {
    if (!this.#pointers.delete(event.pointerId) || this.#pointers.size > 0) return;
    const pinched = this.pinched;
    this.pinched = false;
    if (event.type === "pointercancel" || pinched) return;
    const across = event.clientX - this.start.x;
    if (this.#moved) {
      if (this.#view.scale === 1 && Math.abs(across) > SWIPE_PX) this.#go(across < 0 ? 1 : -1);
    } else if (this.start.target === this.image) this.#toggleZoom(event);
    else this.dialog.close();
  }

  /** The picture grows out of its place in the chat. */
  #grow(opener) {
    const from = opener?.getBoundingClientRect();
    const to = this.frame.getBoundingClientRect();
    if (!from?.width || !to.width) return;
    const scale = from.width / to.width;
    const x = from.left + from.width / 2 - (to.left + to.width / 2);
    const y = from.top + from.height / 2 - (to.top + to.height / 2);
    const small = { transform: `translate(${x}px, ${y}px) scale(${scale})` };
    animate(this.frame, [small, { transform: "none" }], { duration: 300 });
  }
}
