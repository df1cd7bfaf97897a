/** Pure: who looks at which chat, as the address of the page remembers it: #1001,1002@-5001 */

export const FIRST_PERSON = 1001;
export const MOST_COLUMNS = 4;

/** In a private chat, the chat's number is the person's. */
export const privately = (person) => ({ person, chat: person });

export const isGroup = ({ chat }) => chat < 0;

export const keyOf = ({ person, chat }) => `${person}@${chat}`;

export function parse(hash) {
  const found = new Map();
  for (const part of hash.replace(/^#/, "").split(",")) {
    const match = /^(\d{1,15})(?:@(-\d{1,15}))?$/.exec(part);
    if (!match || found.size === MOST_COLUMNS) continue;
    const person = Number(match[1]);
    const place = { person, chat: match[2] ? Number(match[2]) : person };
    found.set(keyOf(place), place);
  }
  return found.size ? [...found.values()] : [privately(FIRST_PERSON)];
}

export const format = (places) =>
  places.map((place) => (isGroup(place) ? keyOf(place) : String(place.person))).join(",");
