/** Dropping files anywhere in the window: the overlay offers photos above, files below. */
export function watchDrops(overlay, attach) {
  let depth = 0;
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  const zoneOf = (event) => event.target.closest?.(".drop-zone");

  const show = (visible) => {
    overlay.hidden = !visible;
    if (!visible) depth = 0;
  };
  const highlight = (zone) => {
    for (const each of overlay.children) each.classList.toggle("over", each === zone);
  };

  // A picture dragged out of the chat would look like a file that is dragged in.
  window.addEventListener("dragstart", (event) => event.target.closest?.("img") && event.preventDefault());

  // Enter and leave come for every element that is crossed: only the balance tells whether the window was left.
  window.addEventListener("dragenter", (event) => {
    if (!carriesFiles(event) || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    depth += 1;
    show(true);
    highlight(zoneOf(event));
  });
  window.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = overlay.hidden ? "none" : "copy";
  });
  window.addEventListener("dragleave", (event) => {
    if (!carriesFiles(event) || overlay.hidden) return;
    depth -= 1;
    if (depth <= 0) show(false);
  });
  window.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    if (overlay.hidden) return;
    const as = zoneOf(event)?.dataset.as;
    show(false);
    if (event.dataTransfer.files.length) attach([...event.dataTransfer.files], as);
  });
}
