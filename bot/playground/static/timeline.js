/** Pure: a flat list of messages becomes days, and in each day rows; an album is one row. */

const GROUP_SECONDS = 600;

const time = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const thisYear = new Intl.DateTimeFormat("en", { month: "long", day: "numeric" });
const otherYear = new Intl.DateTimeFormat("en", { month: "long", day: "numeric", year: "numeric" });

export const clock = (seconds) => time.format(new Date(seconds * 1000));

const dayOf = (date) => `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;

function dayLabel(date) {
  const now = new Date();
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  if (dayOf(date) === dayOf(now)) return "Today";
  if (dayOf(date) === dayOf(yesterday)) return "Yesterday";
  return (date.getFullYear() === now.getFullYear() ? thisYear : otherYear).format(date);
}

// Ids start again when the playground starts afresh: the date and sender keep two messages of one id apart.
const keyOf = ({ message_id: id, date, from, draft }) => (draft ? `draft:${draft}` : `${id}:${date}:${from?.id}`);

const continues = (row, message) =>
  row && row.mine === !message.from?.is_bot && message.date - row.messages.at(-1).date < GROUP_SECONDS;

export function timeline(messages) {
  const lastOfBot = messages.findLast(({ from, draft }) => from?.is_bot && !draft)?.message_id ?? 0;
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
    const joined = continues(previous, message);
    if (joined) previous.last = false;
    day.rows.push({
      key: album ? `album:${album}:${message.from?.id}` : keyOf(message),
      album,
      messages: [message],
      mine: !message.from?.is_bot,
      read: message.message_id < lastOfBot,
      first: !joined,
      last: true,
    });
  }
  return days;
}
