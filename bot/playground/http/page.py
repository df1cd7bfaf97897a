"""The page itself, in the browser's language."""

from functools import cache
from html import escape
from pathlib import Path
from string import Template

from aiohttp import web

from bot.i18n import Texts
from bot.playground.http.shared import TELEGRAM, texts_of
from bot.playground.state.users import YOU
from bot.playground.types import dumps

STATIC = Path(__file__).parent.parent / "static"
"""Folder of the page."""


def add_routes(app: web.Application) -> None:
    """Add the route of the page, and those of its files."""
    app.router.add_get("/", index)
    app.router.add_static("/static", STATIC)


async def index(request: web.Request) -> web.Response:
    """Answer with the page. The user who is there from the start gets a name and a language by it."""
    say = texts_of(request)
    request.app[TELEGRAM].users.introduce(YOU, say("page-visitor"), say.language)
    return web.Response(text=_written(say), content_type="text/html", headers={"Vary": "Accept-Language"})


class _Page(Template):
    """``${start}`` stands for the text ``page-start``."""

    idpattern = "[a-z-]+"


@cache
def _written(say: Texts) -> str:
    """Return the page with its texts: those that stand in it, and all of them for its scripts."""
    words = say.templates("page-")
    # A script of data ends at the first "</script", whatever is around it.
    every = dumps(words).replace("<", "\\u003c")
    page = _Page((STATIC / "index.html").read_text("utf-8"))
    return page.substitute(
        {name: escape(text) for name, text in words.items()}, language=say.language, texts=every
    )
