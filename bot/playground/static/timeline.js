/** A flat list of messages becomes days, and in each day rows; an album is one row. */

import { language, say } from "./words.js";

const GROUP_SECONDS = 600;

const time = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const thisYear = new Intl.DateTimeFormat(language, { month: "long", day: "numeric" });
const otherYear = new Intl.DateTimeFormat(language, { month: "long", day: "numeric", year: "numeric" });

export const clock = (seconds) => time.format(new Date(seconds * 1000));

const dayOf = (date) => `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;

function dayLabel(date) {
  const now = new Date();
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  if (dayOf(date) === dayOf(now)) return say("today");
  if (dayOf(date) === dayOf(yesterday)) return say("yesterday");
  return (date.getFullYear() === now.getFullYear() ? thisYear : otherYear).format(date);
}

// Ids start again when the playground starts afresh: the date and sender keep two messages of one id apart.
const keyOf = ({ message_id: id, date, from }) => `${id}:${date}:${from?.id}`;

const continues = (row, message) =>
  row && !row.service && row.from?.id === message.from?.id && message.date - row.messages.at(-1).date < GROUP_SECONDS;

const names = (people) => people.map(({ first_name: name }) => name).join(", ");

/** What happened to the chat itself, in words; null for what somebody said. */
function service(message) {
  const { from, new_chat_members: joined, left_chat_member: left } = message;
  const name = from?.first_name ?? say("somebody");
  if (message.group_chat_created || message.supergroup_chat_created) return say("made-group", { name });
  if (joined) {
    const alone = joined.some(({ id }) => id === from?.id);
    return alone ? say("joined", { name }) : say("added", { name, people: names(joined) });
  }
  if (left) {
    return left.id === from?.id ? say("left", { name }) : say("removed", { name, people: left.first_name });
  }
  if (message.migrate_to_chat_id) return say("supergroup");
  if (message.migrate_from_chat_id) return say("was-group");
  if (message.new_chat_title) return say("named-group", { name, title: message.new_chat_title });
  return message.pinned_message ? say("pinned", { name }) : null;
}

/** As `me` sees them, who is a person's number; in a group, whoever else speaks is named. */
export function timeline(messages, { me, group = false }) {
  const lastOfBot = messages.findLast(({ from }) => from?.is_bot)?.message_id ?? 0;
  const days = [];
  for (const message of messages) {
    const date = new Date(message.date * 1000);
    let day = days.at(-1);
    if (day?.key !== dayOf(date)) {
      day = { key: dayOf(date), label: dayLabel(date), rows: [] };
      days.push(day);
    }
    const previous = day.rows.at(-1);
    const album = message.media_group_id;
    if (album && previous?.album === album) {
      previous.messages.push(message);
      continue;
    }
    const told = service(message);
    if (told) {
      day.rows.push({ key: keyOf(message), service: told, messages: [message] });
      continue;
    }
    const joined = continues(previous, message);
    if (joined) previous.last = false;
    const mine = message.from?.id === me;
    day.rows.push({
      key: album ? `album:${album}:${message.from?.id}` : keyOf(message),
      album,
      messages: [message],
      from: message.from,
      mine,
      named: group && !mine,
      read: message.message_id < lastOfBot,
      first: !joined,
      last: true,
    });
  }
  return days;
}
