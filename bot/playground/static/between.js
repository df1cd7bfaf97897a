/** What goes from one chat to another, and into and out of groups. Each asks in a dialog first. */

import * as api from "./api.js";
import { telegramLink } from "./links.js";
import { privately } from "./places.js";
import { askForGroup, choose } from "./sheet.js";
import { say } from "./words.js";

const adder = (desk) => (name, language) => desk.addPerson(name, language);

/** Where somebody can write: to the bot, and in each of their groups. */
const chatsOf = (desk, { person }) => [
  { to: privately(person) },
  ...desk.roster.groupsOf(person).map((group) => ({ group, to: { person, chat: group.id } })),
];

/** A link is passed on: somebody gets it in their chat, a group in what is about to be sent there. */
export function share(desk, column, link) {
  const { place } = column;
  const me = desk.roster.person(place.person);
  const others = desk.roster.people.filter(({ id }) => id !== place.person).map((person) => ({ person }));
  choose({
    title: say("share-with"),
    preview: link,
    choices: [...others, ...chatsOf(desk, place).slice(1)],
    add: adder(desk),
    pick: ({ person, to }) => {
      if (to) return desk.compose(column, to, [link.text, link.url].filter(Boolean).join("\n"));
      const target = desk.open(column, privately(person.id));
      target.invite(telegramLink(link.url)?.start ?? "", say("sent-by", { name: me.first_name, words: link.text || link.url }));
    },
    extra: { icon: "link", label: say("copy-link"), act: () => column.copy(link.url) },
  });
}

export function forward(desk, column, message) {
  const { place } = column;
  choose({
    title: say("forward-to"),
    choices: chatsOf(desk, place),
    pick: async ({ to }) => {
      const done = await column.refusable(api.forward(to, place.chat, message.message_id));
      if (done && to.chat !== place.chat) desk.go(column, to);
    },
  });
}

/** The bot is to be named in a chat that is chosen first. */
export function mention(desk, column, words) {
  choose({
    title: say("choose-chat"),
    choices: chatsOf(desk, column.place),
    pick: ({ to }) => desk.compose(column, to, words),
  });
}

export function newGroup(desk, column) {
  const me = column.place.person;
  askForGroup({
    people: desk.roster.people,
    me,
    add: adder(desk),
    make: async (title, people) => {
      const group = await column.refusable(desk.roster.addGroup(title, people));
      if (group) desk.go(column, { person: me, chat: group.id });
      return group;
    },
  });
}

export function addMember(desk, column) {
  const { chat } = column.place;
  const members = desk.roster.group(chat)?.people ?? [];
  choose({
    title: say("add-to-group"),
    choices: desk.roster.people.filter(({ id }) => !members.includes(id)).map((person) => ({ person })),
    add: adder(desk),
    pick: ({ person }) => column.refusable(api.comeOrGo(chat, person.id, false)),
  });
}

export async function leaveGroup(desk, column) {
  const { person, chat } = column.place;
  if (await column.refusable(api.comeOrGo(chat, person, true))) desk.go(column, privately(person));
}
