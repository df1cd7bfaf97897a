/** Dropping files on a column: its overlay offers photos above, files below. */
export function watchDrops(column, overlay, attach) {
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
  column.addEventListener("dragstart", (event) => event.target.closest?.("img") && event.preventDefault());

  // Enter and leave come for every element that is crossed: only the balance tells whether the column was left.
  column.addEventListener("dragenter", (event) => {
    if (!carriesFiles(event) || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    depth += 1;
    show(true);
    highlight(zoneOf(event));
  });
  column.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = overlay.hidden ? "none" : "copy";
  });
  column.addEventListener("dragleave", (event) => {
    if (!carriesFiles(event) || overlay.hidden) return;
    depth -= 1;
    if (depth <= 0) show(false);
  });
  column.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    if (overlay.hidden) return;
    const as = zoneOf(event)?.dataset.as;
    show(false);
    if (event.dataTransfer.files.length) attach([...event.dataTransfer.files], as);
  });
}
