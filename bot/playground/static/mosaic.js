/** Pure: how to hang an album. Rows of pictures, each row as wide as the album, none cropped much. */

const NARROWEST = 0.7;
const WIDEST = 1.7;
const MOST_IN_A_ROW = 4;

const clamp = (ratio) => Math.min(WIDEST, Math.max(NARROWEST, ratio));

function* splits(count) {
  if (count === 0) yield [];
  for (let first = 1; first <= Math.min(count, MOST_IN_A_ROW); first += 1) {
    for (const rest of splits(count - first)) yield [first, ...rest];
  }
}

/** Of every way to break the pictures into rows, the one whose rows are nearest to `target` (height / width). */
export function mosaic(ratios, target = 0.42) {
  const clamped = ratios.map(clamp);
  let best;
  for (const split of splits(clamped.length)) {
    let at = 0;
    let cost = 0;
    for (const length of split) {
      const width = clamped.slice(at, at + length).reduce((sum, ratio) => sum + ratio, 0);
      cost += (Math.log(1 / width) - Math.log(target)) ** 2 / split.length;
      at += length;
    }
    // Bigger pictures first, as in a gallery: a short row above a long one reads better.
    cost += split.reduce((sum, length, row) => sum + (row && length < split[row - 1] ? 0.15 : 0), 0);
    if (!best || cost < best.cost) best = { split, cost };
  }
  let at = 0;
  return best.split.map((length) => clamped.slice(at, (at += length)));
}
