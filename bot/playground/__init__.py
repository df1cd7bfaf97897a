"""A local Bot API server with a chat page, for a bot without a token and for the end-to-end tests."""

from bot.playground.faults import Fault
from bot.playground.files import Upload
from bot.playground.flood import Flood
from bot.playground.playground import Call, Playground
from bot.playground.server import Server, init_app, serve
from bot.playground.taps import Answer
from bot.playground.users import YOU

__all__ = ["YOU", "Answer", "Call", "Fault", "Flood", "Playground", "Server", "Upload", "init_app", "serve"]
