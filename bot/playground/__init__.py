"""A local Bot API server with a chat page, for a bot without a token and for the end-to-end tests."""

from bot.playground.conditions.faults import Fault
from bot.playground.conditions.flood import FloodLimits
from bot.playground.http.server import HOST, Server, init_app, serve
from bot.playground.people.actions import People
from bot.playground.state.taps import Answer
from bot.playground.state.telegram import Call, Telegram
from bot.playground.state.users import YOU
from bot.playground.upload import Upload

__all__ = [
    "HOST",
    "YOU",
    "Answer",
    "Call",
    "Fault",
    "FloodLimits",
    "People",
    "Server",
    "Telegram",
    "Upload",
    "init_app",
    "serve",
]
