"""A local Bot API server with a chat page, for a bot without a token and for the end-to-end tests."""

from bot.playground.conditions.faults import Fault
from bot.playground.conditions.flood import Flood
from bot.playground.http.server import Server, init_app, serve
from bot.playground.state.taps import Answer
from bot.playground.state.telegram import Call, Playground
from bot.playground.state.users import YOU
from bot.playground.upload import Upload

__all__ = ["YOU", "Answer", "Call", "Fault", "Flood", "Playground", "Server", "Upload", "init_app", "serve"]
