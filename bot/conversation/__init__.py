"""The conversation, pure: a session and an event give a new session and the effects to carry out."""

from bot.conversation.controls import CONTROLS, STROKES, Choices, Control
from bot.conversation.effects import (
    Account,
    ActOnJob,
    AskStyle,
    Broadcast,
    CancelAll,
    Effect,
    Forget,
    Note,
    Operate,
    Paint,
    Say,
    ShowReady,
)
from bot.conversation.events import Command, Event, Other, Pictures, Tapped, Words
from bot.conversation.rules import Rules
from bot.conversation.session import (
    MAX_PAINTINGS,
    CatalogueStyle,
    Draft,
    Kept,
    Person,
    Sent,
    Session,
    Style,
    mark,
)
from bot.conversation.step import step
from bot.conversation.variations import varied, without_pictures

__all__ = [
    "CONTROLS",
    "MAX_PAINTINGS",
    "STROKES",
    "Account",
    "ActOnJob",
    "AskStyle",
    "Broadcast",
    "CancelAll",
    "CatalogueStyle",
    "Choices",
    "Command",
    "Control",
    "Draft",
    "Effect",
    "Event",
    "Forget",
    "Kept",
    "Note",
    "Operate",
    "Other",
    "Paint",
    "Person",
    "Pictures",
    "Rules",
    "Say",
    "Sent",
    "Session",
    "ShowReady",
    "Style",
    "Tapped",
    "Words",
    "mark",
    "step",
    "varied",
    "without_pictures",
]
