"""Telegram, for a bot with a token: whether the Bot API answers, knows it, and who else answers to it."""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import quote, urlsplit

import aiohttp

from bot.settings import Settings
from engine.doctor import Finding, Mark
from engine.doctor.database import clocks

TOKEN: Final = re.compile(r"\d+:[A-Za-z0-9_-]{30,}")
"""What @BotFather gives."""
PATIENCE: Final = 15.0
"""Seconds that the Bot API has for an answer."""
HOLD: Final = 4.0
"""Seconds that an update is asked for: another program that does so, too, is back within a second."""
NO_TOKEN: Final = Finding("Token", Mark.GOOD, "BOT_TOKEN is empty: the chat is a page in your browser.")


class SilenceError(Exception):
    """The Bot API has given no answer that is one. The message holds no address: that has the token in it."""


class BotApi:
    """A few calls to the Bot API, whose answers are kept as they are."""

    def __init__(self, session: aiohttp.ClientSession, url: str, token: str) -> None:
        self._session = session
        self._base = f"{url.rstrip('/')}/bot{quote(token, safe=':')}"
        self.clock: tuple[float, float] | None = None
        """The same moment, by this machine and by the server that answered last."""

    async def call(self, name: str, **parameters: int) -> dict[str, Any]:
        """Call a method.

        Raises:
            SilenceError: nobody answers, or not as the Bot API does.
        """
        began = time.time()
        try:
            async with self._session.post(f"{self._base}/{name}", data=parameters) as answer:
                self._compare(answer.headers.get("Date"), (began + time.time()) / 2)
                body = await answer.json(content_type=None)
        except aiohttp.InvalidURL as error:
            raise SilenceError("BOT_API_URL is no address") from error
        except TimeoutError as error:
            raise SilenceError(f"no answer in {PATIENCE:.0f} s") from error
        except (ValueError, aiohttp.ContentTypeError) as error:
            raise SilenceError("what answers there is no Bot API server") from error
        except aiohttp.ClientError as error:
            raise SilenceError(_reason(error)) from error
        if not isinstance(body, dict) or "ok" not in body:
            raise SilenceError("what answers there is no Bot API server")
        return body

    def _compare(self, date: str | None, here: float) -> None:
        try:
            # The header's moment is cut to whole seconds.
            self.clock = (here, parsedate_to_datetime(date).timestamp() + 0.5) if date else None
        except ValueError:
            self.clock = None


def _reason(error: Exception) -> str:
    """Why it failed, without the address."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return "its certificate is not valid here; is the clock right?"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "its name is not known here; is there a network?"
    if isinstance(error, aiohttp.ClientConnectorError):
        if isinstance(error.os_error, ssl.SSLError):
            return "it does not speak TLS"
        return (error.os_error.strerror or "no connection").partition("[")[0].strip()
    return type(error).__name__


async def telegram(settings: Settings) -> list[Finding]:
    """With a token: whether the Bot API answers, knows it, and whether anybody else answers to it."""
    token, url = settings.bot_token.get_secret_value(), settings.bot_api_url
    host = _host(url) or "BOT_API_URL"
    if not TOKEN.fullmatch(token):
        said = "BOT_TOKEN does not look like one: a number, a colon, and at least thirty letters."
        return [Finding("Token", Mark.FAULT, said, "Copy the whole line that @BotFather gave you.")]
    timeout = aiohttp.ClientTimeout(total=PATIENCE)
    async with aiohttp.ClientSession(timeout=timeout, trust_env=True) as session:
        api = BotApi(session, url, token)
        try:
            return await _at_the_bot_api(api, host, settings.bot_webhook_url)
        except SilenceError as error:
            said = f"The Bot API at {host} cannot be used: {error}."
            advice = "See to the network, a proxy (HTTPS_PROXY), or BOT_API_URL; the bot itself waits for it."
            return [Finding("Bot API", Mark.FAULT, said, advice)]


async def _at_the_bot_api(api: BotApi, host: str, ours: str) -> list[Finding]:
    me = await api.call("getMe")
    found = [Finding("Bot API", Mark.GOOD, f"{host} answers.")]
    if api.clock:
        found.append(clocks(*api.clock, "the Bot API"))
    if not me["ok"]:
        return [*found, refused(me)]
    found.append(Finding("Token", Mark.GOOD, f"It is @{me['result'].get('username', '?')}'s."))
    hook = await api.call("getWebhookInfo")
    info = hook.get("result") or {}
    if ours or info.get("url"):
        return [*found, webhook(info, ours)]
    poll = await api.call("getUpdates", limit=1, timeout=round(HOLD))
    return [*found, polling(poll, info.get("pending_update_count", 0))]


def _host(url: str) -> str | None:
    """The name in an address: its path may hold a secret."""
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def refused(answer: Mapping[str, Any]) -> Finding:
    """Why the Bot API does not take the token."""
    code = answer.get("error_code")
    if code in (401, 404):
        said = "Telegram refuses BOT_TOKEN."
        return Finding("Token", Mark.FAULT, said, "Ask @BotFather for the right one: /mybots, API Token.")
    said = f"The Bot API does not say whose BOT_TOKEN is (error {code})."
    return Finding("Token", Mark.FAULT, said, "Try again in a minute.")


def webhook(info: Mapping[str, Any], ours: str) -> Finding:
    """Where Telegram brings what people write.

    Args:
        info: what it says of its webhook.
        ours: the address that the settings want; empty without.
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
    """Whether another program asks for the same updates.

    Args:
        answer: to a ``getUpdates`` that held for ``HOLD`` seconds.
        waiting: updates that nobody has fetched.
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
