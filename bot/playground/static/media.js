import { animate, calm, extension, fileSize, h, icon } from "./dom.js";
import { fileUrl } from "./api.js";
import { say } from "./words.js";

const CROSS_FADE_MS = 450;
const FIRST_FADE_MS = 220;
const BUBBLE_PX = 520;

export const largest = (sizes) => sizes.reduce((a, b) => (b.width * b.height > a.width * a.height ? b : a));

/** The smallest version that is sharp at the widest a bubble gets. */
function sharp(sizes) {
  const enough = sizes.filter((size) => size.width >= BUBBLE_PX * devicePixelRatio);
  return enough.length ? enough.reduce((a, b) => (b.width < a.width ? b : a)) : largest(sizes);
}

export const isPicture = (document) =>
  /^image\/(png|jpeg|webp|gif)$/.test(document?.mime_type ?? "") && Boolean(document.thumbnail);

/** What the viewer needs to know of a message, or null when there is nothing to look at. */
export function pictureOf(message) {
  if (message.photo?.length) {
    const { file_id: id, width, height } = largest(message.photo);
    const name = `atelier-${message.message_id}.jpg`;
    return { id, width, height, name, preview: id, message, before: beforeOf(message, width / height) };
  }
  if (kindOf(message) === "file" && isPicture(message.document)) {
    const { file_id: id, file_name: name, thumbnail } = message.document;
    return { id, width: thumbnail.width, height: thumbnail.height, name, preview: thumbnail.file_id, message };
  }
  return null;
}

const SAME_SHAPE = 0.02;

/** The photo that the bot's picture is a painting of: it answers it, and has its shape. */
function beforeOf({ from, reply_to_message: original }, ratio) {
  const photo = from?.is_bot && original ? pictureOf({ ...original, reply_to_message: null }) : null;
  return photo && Math.abs(photo.width / photo.height / ratio - 1) < SAME_SHAPE ? photo.id : null;
}

/** Keeps the shape of a picture's place before, while and after it loads. */
export function setRatio(element, { width, height }) {
  element.style.setProperty("--ratio", (width / height || 1).toFixed(4));
}

/**
 * Shows a picture in a frame. The one before stays until the new one is decoded, then they cross-fade;
 * of several in quick succession, the newest wins.
 */
async function present(frame, source, onready = () => {}) {
  if (frame.dataset.source === source) return;
  frame.dataset.source = source;
  const next = h("img", { alt: "", draggable: "false" });
  next.src = source;
  try {
    await next.decode();
  } catch {
    if (frame.dataset.source === source) {
      frame.classList.toggle("broken", !frame.querySelector("img"));
      // Asked again by the next edit or snapshot, should the file have been late.
      delete frame.dataset.source;
    }
    return;
  }
  if (frame.dataset.source !== source) return;
  const before = frame.querySelectorAll("img");
  onready();
  frame.classList.remove("broken");
  if (before.length) before[before.length - 1].after(next);
  else frame.prepend(next);
  frame.classList.add("loaded");
  const duration = before.length ? CROSS_FADE_MS : FIRST_FADE_MS;
  await animate(next, [{ opacity: 0 }, { opacity: 1 }], { duration, easing: "ease-in-out" });
  for (const image of before) image.remove();
}

/** Plays a live photo's film over its still, once. */
export const play = (film) => film?.paused && film.play().catch(() => {});

function photo(message, { open }) {
  const frame = h("button", {
    type: "button",
    class: "photo",
    "data-testid": "photo",
    "data-gone": say("picture-gone"),
    onclick: () => {
      if (frame.classList.contains("veiled")) frame.classList.remove("veiled");
      else open(frame.message, frame);
    },
  });
  frame.classList.toggle("veiled", Boolean(message.has_media_spoiler));
  return frame;
}

/** A live photo: the still shows, and its film plays over it for as long as it lasts. Its button is below it. */
function updateFilm(frame, message) {
  const film = message.live_photo;
  const shown = frame.querySelector(".film");
  if (shown?.dataset.unique === film?.file_unique_id) return;
  frame.querySelectorAll(".film").forEach((element) => element.remove());
  if (!film) return;
  const video = h("video", {
    class: "film",
    "data-unique": film.file_unique_id,
    src: fileUrl(film.file_id),
    preload: "none",
    playsinline: true,
    "aria-hidden": "true",
    onplaying: () => video.classList.add("playing"),
    // Whatever stops it, what stays is the still, which is sharp.
    onpause: () => video.classList.remove("playing"),
    onwaiting: () => video.classList.remove("playing"),
    onerror: () => video.classList.remove("playing"),
  });
  video.muted = true;
  frame.append(video);
  // A painting that has just been finished shows how it came to be, once.
  if (frame.classList.contains("loaded") && !calm.matches) play(video);
}

function updatePhoto(frame, message, { resize }) {
  frame.message = message;
  updateFilm(frame, message);
  frame.setAttribute("aria-label", message.caption ? say("open-picture-of", { caption: message.caption }) : say("open-picture"));
  const full = largest(message.photo);
  // Only when there is nothing to see yet may the place change shape before the picture is ready.
  if (!frame.querySelector("img")) resize(full);
  present(frame, fileUrl(sharp(message.photo).file_id), () => resize(full));
}

function video(message) {
  const { file_id: id, thumbnail } = message.animation ?? message.video;
  const loop = Boolean(message.animation);
  return h("video", {
    class: "video",
    "data-testid": "video",
    src: fileUrl(id),
    poster: thumbnail && fileUrl(thumbnail.file_id),
    preload: "metadata",
    playsinline: true,
    controls: !loop,
    autoplay: loop,
    loop,
    muted: loop,
    "aria-label": message.caption ?? say("video"),
  });
}

function sticker({ sticker: { file_id: id, width, height, emoji, is_animated: drawn, is_video: film } }) {
  const label = emoji ? say("sticker-of", { emoji }) : say("sticker");
  const facts = { class: "sticker", "data-testid": "sticker" };
  if (film) {
    const video = h("video", { ...facts, src: fileUrl(id), autoplay: !calm.matches, loop: true, playsinline: true, "aria-label": label });
    // The attribute alone does not mute a video made by script.
    video.muted = true;
    return video;
  }
  // Telegram's vector animations need a player of their own: their emoji stands for them.
  if (drawn) return h("span", { ...facts, role: "img", "aria-label": label }, emoji ?? "🖼");
  return h("img", { ...facts, src: fileUrl(id), width, height, alt: label, draggable: "false" });
}

function sound(message) {
  const { file_id: id } = message.voice ?? message.audio;
  return h("audio", { class: "sound", "data-testid": "audio", src: fileUrl(id), controls: true, preload: "metadata" });
}

function file(message, { open }) {
  const { file_id: id, file_name: name = "file", file_size: size, thumbnail } = message.document;
  const download = h(
    "a",
    {
      class: "file-download icon-button",
      href: fileUrl(id, name),
      download: name,
      "aria-label": say("download-file", { name }),
      title: say("download"),
    },
    icon("download"),
  );
  const viewable = isPicture(message.document);
  const face = thumbnail
    ? h("img", { src: fileUrl(thumbnail.file_id), alt: "", loading: "lazy" })
    : h("span", { class: "file-kind" }, extension(name));
  const tile = viewable
    ? h(
      "button",
      { type: "button", class: "file-tile", "aria-label": say("open-file", { name }), onclick: () => open(message, tile) },
      face,
    )
    : h("span", { class: "file-tile" }, face);
  return h(
    "div",
    { class: "file", "data-testid": "document" },
    tile,
    h(
      "span",
      { class: "file-facts" },
      h("span", { class: "file-name", title: name }, name),
      h("span", { class: "file-size" }, [fileSize(size), extension(name)].filter(Boolean).join(" · ")),
    ),
    download,
  );
}

export function kindOf(message) {
  if (message.photo?.length) return "photo";
  if (message.animation || message.video) return "video";
  if (message.document) return "file";
  if (message.sticker) return "sticker";
  if (message.voice || message.audio) return "audio";
  return null;
}

/** Where `old` is a picture that gives way to another picture, it is kept and cross-faded. */
export function mediaFor(message, old, context) {
  const kind = kindOf(message);
  if (!kind) return null;
  if (kind === "photo") {
    const frame = old?.classList.contains("photo") ? old : photo(message, context);
    updatePhoto(frame, message, context);
    return frame;
  }
  const held = message.animation ?? message.video ?? message.document ?? message.sticker ?? message.voice ?? message.audio;
  const identity = `${kind}:${held.file_unique_id}:${message.document?.file_name ?? ""}`;
  if (old?.dataset.identity === identity) return old;
  const element = { video, file, sticker, audio: sound }[kind](message, context);
  element.dataset.identity = identity;
  if (kind === "video") {
    const { width, height } = message.animation ?? message.video;
    context.resize({ width, height });
    // The attribute alone does not mute a video made by script, and only a muted one may start by itself.
    element.muted = Boolean(message.animation);
  }
  return element;
}
