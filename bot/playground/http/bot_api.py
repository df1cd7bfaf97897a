"""The Bot API over HTTP: /bot<token>/<method> and /file/bot<token>/<path>."""

import asyncio
import hmac
import logging
import time
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from bot.playground.conditions.faults import Fault
from bot.playground.errors import ApiError, BadRequest
from bot.playground.http.shared import TELEGRAM, finish_detached

# Imported for their methods, which they register.
from bot.playground.methods import (  # noqa: F401
    editing,
    ephemeral,
    inline,
    members,
    polling,
    profile,
    registry,
    sending,
)
from bot.playground.params import Params
from bot.playground.state.telegram import Call, Telegram
from bot.playground.types import dumps
from bot.playground.upload import Upload

log = logging.getLogger(__name__)
LIMITED = ("send", "edit", "copy", "forward")
"""Prefixes of the methods that the flood limits count."""
UNLIMITED = ("sendchataction",)
"""Methods with such a prefix that they do not count."""


def add_routes(app: web.Application) -> None:
    """Add the routes of the Bot API."""
    app.router.add_route("*", "/bot{token:[^/]+}/{method:[^/]+}", call)
    app.router.add_get("/file/bot{token:[^/]+}/{path:.+}", download)


async def call(request: web.Request) -> web.StreamResponse:
    """Answer a call of a method, after its faults and the flood limits."""
    try:
        result = await _call(request)
    except ApiError as error:
        return _refuse(error)
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can hold
        return _refuse(BadRequest("strings must be encoded in UTF-8"))
    except web.HTTPRequestEntityTooLarge:
        return _refuse(ApiError(413, "Request Entity Too Large"))
    except Dropped:
        if request.transport:
            request.transport.close()
        return web.Response()
    except Exception:
        log.exception("%s failed", request.match_info["method"])
        return _refuse(ApiError(500, "Internal Server Error"))
    return web.json_response({"ok": True, "result": result}, dumps=dumps)


async def download(request: web.Request) -> web.StreamResponse:
    """Answer the download of a file."""
    telegram = request.app[TELEGRAM]
    file = None if telegram.local else telegram.files.at(request.match_info["path"])
    try:
        _check_token(telegram, request)
        fault = telegram.faults.take("download", None)
        if fault:
            await _apply(fault)
    except ApiError as error:
        return _refuse(error)
    except Dropped:
        if request.transport:
            request.transport.close()
        return web.Response()
    if file is None:
        return _refuse(ApiError(404, "Not Found"))
    headers = {"Content-Type": "application/octet-stream", "X-Content-Type-Options": "nosniff"}
    # Not by FileResponse: a bot that is killed during the download would leave the file open.
    body = await asyncio.to_thread(telegram.files.bytes_path(file).read_bytes)
    return web.Response(body=body, headers=headers)


class Dropped(Exception):  # noqa: N818 - meant to happen
    """The connection closes without an answer."""


async def _call(request: web.Request) -> Any:
    telegram = request.app[TELEGRAM]
    _check_token(telegram, request)
    name = request.match_info["method"]
    method = registry.find(name)
    unknown = "ephemeral" in name.lower() and not telegram.ephemeral
    if method is None or unknown or request.method not in ("GET", "POST"):
        raise ApiError(404, "Not Found: method not found")
    params = await read_params(request)
    telegram.calls.append(Call(name, params.values, params.sizes, time.monotonic()))
    telegram.events.changed()
    chat_id = params.integer("chat_id") or None
    fault = telegram.faults.take(name, chat_id)
    if fault and not fault.deliver:
        await _apply(fault)
    if telegram.flood and chat_id and _is_limited(name):
        telegram.flood.take(chat_id, _messages(name, params))
    if name.lower() == "getupdates":
        result = await method(telegram, params)  # ends with the bot that waits for it
    else:
        result = await finish_detached(request, method(telegram, params))
    telegram.events.changed()
    if fault and fault.deliver:
        await _apply(fault)
    return result


async def _apply(fault: Fault) -> None:
    if fault.latency:
        await asyncio.sleep(fault.latency)
    if fault.hang:
        await asyncio.get_running_loop().create_future()
    if fault.drop:
        raise Dropped
    if error := fault.error():
        raise error


def _check_token(telegram: Telegram, request: web.Request) -> None:
    token = unquote(request.match_info["token"])
    if not hmac.compare_digest(token.encode(), telegram.token.encode()):
        raise ApiError(401, "Unauthorized")


def _is_limited(name: str) -> bool:
    return name.lower().startswith(LIMITED) and name.lower() not in UNLIMITED


def _messages(name: str, params: Params) -> int:
    return max(len(params.objects("media", "InputMedia")), 1) if name.lower() == "sendmediagroup" else 1


async def read_params(request: web.Request) -> Params:
    """Read the parameters of a call.

    Raises:
        BadRequest: the body is not what its type says.
    """
    values: dict[str, Any] = dict(request.query)
    uploads: dict[str, Upload] = {}
    if request.content_type == "application/json":
        try:
            body = await request.json()
        except (ValueError, RecursionError):  # nested too deep
            raise BadRequest("can't parse JSON object") from None
        if not isinstance(body, dict):
            raise BadRequest("object expected as parameters")
        return Params(values | body)
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            with value.file:
                data = await asyncio.to_thread(value.file.read)
            uploads[name] = Upload.of(data, value.filename, value.content_type)
        else:
            values[name] = value if isinstance(value, str) else bytes(value).decode(errors="replace")
    return Params(values, uploads)


def _refuse(error: ApiError) -> web.Response:
    body: dict[str, Any] = {"ok": False, "error_code": error.code, "description": error.description}
    if error.parameters:
        body["parameters"] = error.parameters
    return web.json_response(body, status=error.code, dumps=dumps)
