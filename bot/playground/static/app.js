import { byId } from "./dom.js";
import { Desk } from "./desk.js";

const desk = new Desk({ root: byId("columns") });

window.addEventListener("hashchange", () => desk.arrange());
await desk.load();
desk.arrange();
// A link such as ?start=style_mosaic, once.
const link = new URL(location.href);
if (link.searchParams.has("start")) {
  desk.columns[0].composer.say(`/start ${link.searchParams.get("start")}`);
  link.searchParams.delete("start");
  history.replaceState(null, "", link);
}
if (matchMedia("(hover: hover)").matches) desk.columns[0].composer.field.focus();
