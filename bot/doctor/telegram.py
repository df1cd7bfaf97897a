"""Telegram, for a bot with a token: the Bot API's answer, the token's owner, competing programs."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import quote, urlsplit

import httpx
from telegram.error import NetworkError, TimedOut
from telegram.request import HTTPXRequest

from bot.settings import TOKEN_MALFORMED, TOKEN_PATTERN, Settings
from bot.transport.errors import reason
from engine.doctor import Finding, Mark
from engine.doctor.database import clocks
from engine.host_errors import HostError
from engine.proxies import client_options

ANSWER_TIMEOUT: Final = 15.0
"""Seconds that the Bot API has for an answer."""
LONG_POLL: Final = 4.0
"""Seconds that an update is asked for: another program that polls, too, is back within a second."""
NO_TOKEN: Final = Finding("Token", Mark.GOOD, "BOT_TOKEN is empty: the chat is a page in your browser.")


class BotApiError(Exception):
    """The Bot API has given no valid answer. The message holds no address: that has the token in it."""


class BotApi:
    """Calls to the Bot API by the bot's own HTTP client; refusals are returned and not raised."""

    def __init__(self, url: str, token: str) -> None:
        self._base = f"{url.rstrip('/')}/bot{quote(token, safe=':')}"
        hooks = {"response": [self._compare]}
        options = client_options(url) | {"event_hooks": hooks}
        self._request = HTTPXRequest(httpx_kwargs=options, read_timeout=ANSWER_TIMEOUT)
        self.clock: tuple[float, float] | None = None
        """The same moment, by this machine and by the server that answered last."""
        self._began = 0.0

    async def call(self, name: str, **parameters: int) -> dict[str, Any]:
        """Call a method and return its answer as it is.

        Raises:
            BotApiError: no answer, or one that is not the Bot API's.
        """
        query = "&".join(f"{key}={value}" for key, value in parameters.items())
        self._began = time.time()
        try:
            async with self._request, asyncio.timeout(ANSWER_TIMEOUT):
                _, body = await self._request.do_request(f"{self._base}/{name}?{query}", "POST")
        except (TimeoutError, TimedOut) as error:
            raise BotApiError(f"no answer in {ANSWER_TIMEOUT:.0f} s") from error
        except NetworkError as error:
            raise BotApiError(reason(error)) from error
        try:
            answer = json.loads(body)
        except ValueError:
            answer = None
        if not isinstance(answer, dict) or "ok" not in answer:
            raise BotApiError("what answers there is no Bot API server")
        return answer

    async def _compare(self, response: httpx.Response) -> None:
        """Note the server's clock from the Date header, which is cut to whole seconds."""
        here = (self._began + time.time()) / 2
        try:
            self.clock = (here, parsedate_to_datetime(response.headers["Date"]).timestamp() + 0.5)
        except (KeyError, ValueError):
            self.clock = None


async def telegram(settings: Settings) -> list[Finding]:
    """Check the token, the Bot API's answer, its clock, and the way of the updates."""
    token, url = settings.bot_token.get_secret_value(), settings.bot_api_url
    host = _host(url) or "BOT_API_URL"
    if not re.fullmatch(TOKEN_PATTERN, token):
        return [
            Finding("Token", Mark.FAULT, TOKEN_MALFORMED, "Copy the whole line that @BotFather gave you.")
        ]
    try:
        return await _at_the_bot_api(BotApi(url, token), host, settings.bot_webhook_url)
    except HostError as error:
        return [Finding("Bot API", Mark.FAULT, str(error), "Correct it in the environment.")]
    except BotApiError as error:
        said = f"The Bot API at {host} cannot be used: {error}."
        advice = "Check the network, the proxy (HTTPS_PROXY), or BOT_API_URL; the bot itself waits for it."
        return [Finding("Bot API", Mark.FAULT, said, advice)]


async def _at_the_bot_api(api: BotApi, host: str, ours: str) -> list[Finding]:
    me = await api.call("getMe")
    found = [Finding("Bot API", Mark.GOOD, f"{host} answers.")]
    if api.clock:
        found.append(clocks(*api.clock, "the Bot API"))
    if not me["ok"]:
        return [*found, refused(me)]
    found.append(Finding("Token", Mark.GOOD, f"It is @{me['result'].get('username', '?')}'s."))
    found += at_botfather(me["result"])
    hook = await api.call("getWebhookInfo")
    info = hook.get("result") or {}
    if ours or info.get("url"):
        return [*found, webhook(info, ours)]
    poll = await api.call("getUpdates", limit=1, timeout=round(LONG_POLL))
    return [*found, polling(poll, info.get("pending_update_count", 0))]


def _host(url: str) -> str | None:
    """Return the host in an address: its path may hold a secret."""
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def refused(answer: Mapping[str, Any]) -> Finding:
    """Report the reason for which the Bot API refuses the token."""
    code = answer.get("error_code")
    if code in (401, 404):
        said = "Telegram refuses BOT_TOKEN."
        return Finding("Token", Mark.FAULT, said, "Ask @BotFather for the right one: /mybots, API Token.")
    said = f"The Bot API does not say whose BOT_TOKEN is (error {code})."
    return Finding("Token", Mark.FAULT, said, "Try again in a minute.")


def at_botfather(me: Mapping[str, Any]) -> list[Finding]:
    """Report what the bot's settings at @BotFather allow; ``me`` is the answer to ``getMe``."""
    if me.get("can_read_all_group_messages"):
        groups = Finding("Groups", Mark.GOOD, "Privacy mode is off: in groups the bot receives all messages.")
    else:
        said = "Privacy mode is on: in groups the bot is sure to receive commands and replies to it, no more."
        advice = "To be heard by its name as well: /setprivacy at @BotFather, then add it anew."
        groups = Finding("Groups", Mark.NOTE, said, advice)
    return [groups, _sharing(me), _guests(me)]


def _sharing(me: Mapping[str, Any]) -> Finding:
    if me.get("supports_inline_queries"):
        return Finding("Sharing", Mark.GOOD, "Inline mode is on: paintings can be posted anywhere.")
    said = "Inline mode is off: Share sends a link to the bot, and not the painting."
    return Finding("Sharing", Mark.NOTE, said, "To turn it on: /setinline at @BotFather.")


def _guests(me: Mapping[str, Any]) -> Finding:
    if me.get("supports_guest_queries"):
        return Finding("Guests", Mark.GOOD, "Guest mode is on: the bot can be asked in chats it is not in.")
    said = "Guest mode is off: the bot can be asked only in its own chats."
    return Finding("Guests", Mark.NOTE, said, "To turn it on: Guest Mode in @BotFather's app, at your bot.")


def webhook(info: Mapping[str, Any], ours: str) -> Finding:
    """Report the way by which Telegram delivers updates.

    Args:
        info: the answer to ``getWebhookInfo``.
        ours: the webhook's address in the settings; empty without.
    """
    url = info.get("url") or ""
    host = _host(url) or "another program"
    if not ours:
        said = f"A webhook is set: what people write goes to {host}."
        advice = (
            "If that is another program, use a bot of its own for each; `atelier run` takes the webhook away."
        )
        return Finding("Updates", Mark.NOTE, said, advice)
    if url != ours:
        said = (
            f"The webhook is not set to BOT_WEBHOOK_URL, but to {host}." if url else "No webhook is set yet."
        )
        return Finding("Updates", Mark.NOTE, said, "The next start of the bot sets it.")
    if trouble := info.get("last_error_message"):
        said = f"The webhook is set, and Telegram had trouble with it lately: {trouble}."
        return Finding(
            "Updates", Mark.NOTE, said, "See that the proxy in front leads there, with a valid certificate."
        )
    return Finding("Updates", Mark.GOOD, f"The webhook is set, to {host}.")


def polling(answer: Mapping[str, Any], waiting: int) -> Finding:
    """Report whether another program fetches the same updates.

    Args:
        answer: to a ``getUpdates`` of ``LONG_POLL`` seconds.
        waiting: number of updates that were not fetched yet.
    """
    if answer.get("error_code") == 409:
        said = "A program is fetching this bot's messages right now."
        advice = (
            "If that is your Atelier, all is well; two at once take each other's messages: end the other."
        )
        return Finding("Updates", Mark.NOTE, said, advice)
    if not answer.get("ok"):
        said = f"The Bot API gives no updates (error {answer.get('error_code')})."
        return Finding("Updates", Mark.FAULT, said, "Try again in a minute.")
    wait = f"; waiting for us: {waiting}" if waiting else ""
    return Finding("Updates", Mark.GOOD, f"Nobody else fetches this bot's messages{wait}.")
