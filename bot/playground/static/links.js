/** Pure: what an address of Telegram's asks for: a bot to be started, or a link to be passed on. */
export function telegramLink(address) {
  if (!URL.canParse(address)) return null;
  const { hostname, pathname, searchParams } = new URL(address);
  if (hostname !== "t.me") return null;
  if (pathname === "/share/url") {
    return { share: { url: searchParams.get("url") ?? "", text: searchParams.get("text") ?? "" } };
  }
  return { bot: pathname.slice(1).toLowerCase(), start: searchParams.get("start") ?? "" };
}
