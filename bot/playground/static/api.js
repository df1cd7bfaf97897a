import { say } from "./words.js";

const HEADERS = { "X-Playground": "1" };

/** A refusal in words that may be shown as they are. */
export class Refusal extends Error {}

async function request(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Refusal(say("unreachable"));
  }
  const body = await response.json().catch(() => null);
  if (!response.ok) throw new Refusal(body?.error ?? say("refused", { status: response.status }));
  return body;
}

const post = (path, body) =>
  request(path, {
    method: "POST",
    headers: { ...HEADERS, "Content-Type": "application/json" },
    body: JSON.stringify(body ?? {}),
  });

export const bot = ({ person, chat }) => request(`/api/bot?${new URLSearchParams({ person, chat })}`);
export const languages = () => request("/api/languages");
export const people = () => request("/api/people");
export const addPerson = (name, language) => post("/api/people", { first_name: name, language_code: language });
export const groups = () => request("/api/groups");
export const addGroup = (title, people) => post("/api/groups", { title, people });
export const comeOrGo = (group, person, leaves) => post(`/api/chats/${group}/people`, { person, leaves });
export const tap = ({ chat, person }, messageId, data) =>
  post(`/api/chats/${chat}/taps`, { person, message_id: messageId, data });
export const forward = ({ chat, person }, from, messageId) =>
  post(`/api/chats/${chat}/forwards`, { person, from_chat: from, message_id: messageId });
export const reset = (chat) => post(`/api/chats/${chat}/reset`);

export function fileUrl(fileId, download) {
  const query = download ? `?download=${encodeURIComponent(download)}` : "";
  return `/api/files/${encodeURIComponent(fileId)}${query}`;
}

/** Sends one message, or one album. fetch() cannot tell how far an upload is; XMLHttpRequest can. */
export function send({ chat, person }, { text = "", as = "photo", files = [], replyTo }, onprogress = () => {}) {
  const form = new FormData();
  form.append("person", person);
  form.append("text", text);
  form.append("as", as);
  if (replyTo) form.append("reply_to", replyTo);
  for (const file of files) form.append("files", file, file.name);
  return new Promise((resolve, reject) => {
    const call = new XMLHttpRequest();
    call.open("POST", `/api/chats/${chat}/messages`);
    for (const [name, value] of Object.entries(HEADERS)) call.setRequestHeader(name, value);
    call.responseType = "json";
    call.upload.onprogress = (event) => event.lengthComputable && onprogress(event.loaded / event.total);
    call.onerror = () => reject(new Refusal(say("unreachable")));
    call.onload = () => {
      if (call.status < 300) resolve(call.response);
      else reject(new Refusal(call.response?.error ?? say("refused", { status: call.status })));
    };
    call.send(form);
  });
}

const EVENTS = ["snapshot", "message", "edit", "delete", "action", "reaction", "bot"];
const RETRY_MS = 1000;

/** Follows chats until closed; `handlers` has one function per event, and `connected(boolean)`. */
export function follow(chats, handlers) {
  const query = new URLSearchParams(chats.map((chat) => ["chat", chat]));
  let source;
  let timer;
  const open = () => {
    source = new EventSource(`/api/events?${query}`);
    source.onopen = () => handlers.connected(true);
    source.onerror = () => {
      handlers.connected(false);
      // The browser retries a broken stream itself, but gives up when a server answers with an error.
      if (source.readyState !== EventSource.CLOSED) return;
      timer = setTimeout(open, RETRY_MS);
      handlers.refused();
    };
    for (const name of EVENTS) {
      source.addEventListener(name, (event) => handlers[name](JSON.parse(event.data)));
    }
  };
  open();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}
