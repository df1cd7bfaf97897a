"""One step of the conversation: a session and an event always give the same, but for ids from ``fresh``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2s
from typing import Final, Literal

from bot.conversation.effects import (
    Account,
    AskStyle,
    Broadcast,
    CancelAll,
    Effect,
    Forget,
    Note,
    OfJob,
    Operate,
    Paint,
    Say,
    ShowReady,
)
from bot.conversation.events import Command, Event, Other, Pictures, Tapped, Words
from bot.conversation.session import MOST_PAINTINGS, STROKES, CatalogueStyle, Kept, Sent, Session, Style, mark
from bot.conversation.style_names import named
from bot.conversation.variations import without_pictures
from bot.i18n import LANGUAGES
from engine.painting.recipe import QUALITIES, STRENGTHS
from engine.styles import style

Step = tuple[Session, list[Effect]]
Fresh = Callable[[], str]
Offered = Sequence[style.Preset]

DEFAULTS: Final = "-"
"""Stands for the draft in the buttons of /settings."""
NAME: Final = 32
"""Characters of a kept style's name."""
KEPT: Final = 24
"""Styles that one person may keep."""
PAGE_DIGITS: Final = 4
ANY_JOB: Final = frozenset({
    *("cancel", "again", "stronger", "softer", "bigger", "colours", "other", "next"),
    *("compare", "painting", "file", "film", "delete"),
})  # fmt: skip
"""What can be done about a job by its buttons."""
OPERATORS: Final = frozenset({"stats", "broadcast", "ban", "unban", "drain", "resume"})
_START_STYLE: Final = "style_"
_OLD: Final = Note("old-button", alert=True)


@dataclass(frozen=True, slots=True)
class Rules:
    """What the host offers."""

    sizes: tuple[int, ...] = (512,)
    """Sizes of a painting to choose from, the smallest first."""
    size: int = 512
    """That of who has not chosen."""
    styles: tuple[style.Preset, ...] = field(default_factory=style.presets)
    """Styles to choose from."""

    def larger(self, size: int | None) -> int | None:
        """The next size up."""
        return next((each for each in self.sizes if each > (size or self.size)), None)


def step(session: Session, event: Event, fresh: Fresh, rules: Rules | None = None) -> Step:
    """Decide what follows."""
    rules = rules or Rules()
    match event:
        case Pictures():
            return _pictures(session, event, fresh, rules.styles)
        case Words(words, reply_to):
            return _words(session, words, reply_to, fresh, rules.styles)
        case Tapped(data):
            return _tapped(session, data, fresh, rules)
        case Command(name, argument, reply_to):
            return _command(session, name, argument, reply_to, fresh, rules.styles)
        case Other(kind):
            return session, [Say("not-a-picture", {"kind": kind})]


# Pictures and words


def _pictures(session: Session, event: Pictures, fresh: Fresh, offered: Offered) -> Step:
    effects: list[Effect] = [Say("first-frame")] if event.animated else []
    pictures = event.pictures
    style = _named(session, event.caption, offered) if event.caption else None
    if event.reply_to:
        photo, styles = event.reply_to, pictures
    elif event.as_style:
        after, more = _styled(session, pictures[0], fresh)
        return after, effects + more
    elif len(pictures) > 1:
        photo, styles = pictures[0], pictures[1:]
    elif style is not None:
        photo, styles = pictures[0], ()
    elif session.photo is not None:
        after, more = _styled(session, pictures[0], fresh)
        return after, effects + more
    else:
        return _photographed(session, pictures[0], session.styles, fresh, effects)
    if len(styles) > MOST_PAINTINGS:
        effects.append(Say("extra-pictures", {"most": MOST_PAINTINGS}))
    chosen = (style,) if style is not None and not styles else styles[:MOST_PAINTINGS]
    return _photographed(session, photo, chosen, fresh, effects)


def _photographed(
    session: Session, photo: Sent, styles: tuple[Style, ...], fresh: Fresh, effects: Iterable[Effect] = ()
) -> Step:
    """Take a picture as the photo."""
    session = session.now(photo=photo, styles=styles, draft_id=None, awaiting=None)
    return _ready(session, fresh, effects) if styles else (session, [*effects, AskStyle()])


def _styled(session: Session, style: Style, fresh: Fresh, *, new: bool = True) -> Step:
    """Take a picture or a preset as the painting, or as one more of a blend."""
    more = session.awaiting == "blend" and session.draft is not None
    styles = (*session.styles, style) if more and style not in session.styles else (style,)
    session = session.now(styles=styles[:MOST_PAINTINGS], awaiting=None)
    if session.photo is None:
        return session, [Say("style-chosen")]
    return _ready(session, fresh, new=new)


def _ready(session: Session, fresh: Fresh, effects: Iterable[Effect] = (), *, new: bool = True) -> Step:
    """Offer the painting, under an id of its own."""
    draft_id = fresh()
    session = session.now(draft_id=draft_id, awaiting=None)
    assert session.draft is not None  # noqa: S101 - callers have looked
    return session, [*effects, ShowReady(session.draft, draft_id, new)]


def _words(session: Session, words: str, reply_to: Sent | None, fresh: Fresh, offered: Offered) -> Step:
    if session.awaiting == "name" and reply_to is None:
        return _keep(session, words, fresh)
    style = _named(session, words, offered)
    if reply_to is not None:
        return _photographed(session, reply_to, () if style is None else (style,), fresh)
    if style is not None:
        return _styled(session, style, fresh)
    if session.photo is None:
        return session, [Say("style-chosen" if session.styles else "send-a-photo")]
    return session, [Say("tap-paint") if session.styles else AskStyle()]


def _named(session: Session, words: str, offered: Offered) -> Style | None:
    """The style that somebody names by its title or its artist, one of theirs before one that is offered."""
    styles: dict[str, Style] = {f"m:{kept.id}": kept.picture for kept in session.person.styles}
    names: list[tuple[str, tuple[str, ...]]] = [
        (f"m:{kept.id}", (kept.name,)) for kept in session.person.styles
    ]
    for one in offered:
        styles[one.id] = CatalogueStyle(id=one.id)
        names.append((one.id, one.names))
    found = named(words, names, {one.id: one.makers for one in offered if one.makers})
    return None if found is None else styles[found]


def _keep(session: Session, words: str, fresh: Fresh) -> Step:
    """Keep the painting in hand under a name; the same name again replaces what it had."""
    name = " ".join(words.split())[:NAME]
    painting = session.styles[0] if session.styles else None
    session = session.now(awaiting=None)
    if not name or not isinstance(painting, Sent):
        return session, [Say("nothing-to-keep")]
    others = [kept for kept in session.person.styles if kept.name.casefold() != name.casefold()]
    if len(others) >= KEPT:
        return session, [Say("too-many-styles", {"most": KEPT})]
    styles = (*others, Kept(id=fresh(), name=name, picture=painting))
    person = session.person.model_copy(update={"styles": styles})
    return session.now(person=person), [Say("style-kept", {"name": name})]


# Commands


def _command(
    session: Session, name: str, argument: str, reply_to: Sent | None, fresh: Fresh, offered: Offered
) -> Step:
    if name in OPERATORS:
        awaiting = "broadcast" if name == "broadcast" and argument else None
        return session.now(broadcast=argument if awaiting else "", awaiting=awaiting), [
            Operate(name, argument)
        ]
    session = session.now(awaiting=None)
    match name:
        case "start" if argument.startswith(_START_STYLE):
            style = argument.removeprefix(_START_STYLE)
            if any(one.id == style for one in offered):
                return _styled(session, CatalogueStyle(id=style), fresh)
            return session, [Say("start"), Say("no-such-style")]
        case "paint" if reply_to is not None or argument:
            return _words(session, argument, reply_to, fresh, offered)
        case "paint":
            if session.draft is None:
                return session, [AskStyle() if session.photo else Say("send-a-photo")]
            return _ready(session, fresh)
        case "styles":
            return session, [AskStyle(draft_id=session.draft_id)]
        case "cancel":
            return without_pictures(session), [CancelAll(draft=session.photo is not None)]
        case "status" | "settings" | "language" | "forget":
            return session, [Account(name)]
        case "start" | "privacy":
            return session, [Say(name)]
        case _:
            return session, [Say("help")]


# Taps


def _tapped(session: Session, data: str, fresh: Fresh, rules: Rules) -> Step:
    action, _, value = data.partition(":")
    if action in ANY_JOB:
        return session, [OfJob(action, value)]
    match action:
        case "s" | "m" | "r" | "l":
            return _chosen(session, action, value, fresh, rules.styles)
        case "g":
            page = int(value) if value.isdecimal() and len(value) < PAGE_DIGITS else 0
            return session, [_page(session, "mine" if value == "mine" else page)]
        case "u":
            styles = tuple(kept for kept in session.person.styles if kept.id != value)
            person = session.person.model_copy(update={"styles": styles})
            session = session.now(person=person)
            return session, [Note("style-gone"), _page(session, "mine" if styles else 0)]
        case "i" if value in ("", *LANGUAGES):
            person = session.person.model_copy(update={"language": value or None})
            return session.now(person=person), [Account("language", new=False)]
        case "e":
            return (Session(), [Forget()]) if value == "yes" else (session, [Say("not-forgotten")])
        case "y":
            text, session = session.broadcast, session.now(broadcast="", awaiting=None)
            if not text:
                return session, [_OLD]
            return session, [Broadcast(text)] if value == "yes" else [Say("not-broadcast")]
    choice, _, draft_id = value.rpartition(":")
    if draft_id == DEFAULTS:
        changed = _choice(session, action, choice, rules)
        return (changed, [Account("settings", new=False)]) if changed else (session, [_OLD])
    if session.draft is None or draft_id != session.draft_id:
        return session, [OfJob("painted", draft_id) if action == "p" else _OLD]
    return _of_draft(session, action, choice, draft_id, rules)


def _page(session: Session, page: int | Literal["mine"]) -> AskStyle:
    """Turn the tapped message to another page, with the way back to the draft if there is one."""
    return AskStyle(page, new=False, draft_id=session.draft_id)


def _chosen(session: Session, how: str, value: str, fresh: Fresh, offered: Offered) -> Step:
    """Take a style by its button: one that is offered, one of theirs, any, or the last."""
    style: Style | None = None
    if how == "s" and any(one.id == value for one in offered):
        style = CatalogueStyle(id=value)
    elif how == "m":
        style = next((kept.picture for kept in session.person.styles if kept.id == value), None)
    elif how == "r":
        others = [one.id for one in offered if CatalogueStyle(id=one.id) not in session.styles]
        dice = int.from_bytes(blake2s(fresh().encode(), digest_size=4).digest())
        style = CatalogueStyle(id=others[dice % len(others)])
    elif how == "l" and len(session.person.last) > 1 and session.photo is not None:
        return _ready(session.now(styles=session.person.last), fresh, new=False)
    elif how == "l" and session.person.last:
        style = session.person.last[0]
    if style is None:
        return session, [Note("no-such-style", alert=True)]
    return _styled(session, style, fresh, new=False)


def _of_draft(session: Session, action: str, choice: str, draft_id: str, rules: Rules) -> Step:
    """Carry out a button of the ready message. It says what is wanted, so that two taps do one thing."""
    draft = session.draft
    assert draft is not None  # noqa: S101 - the caller has looked
    first = session.styles[0]
    match action:
        case "p":
            person = session.person.model_copy(update={"last": session.styles})
            return without_pictures(session).now(person=person), [Paint(draft, draft_id)]
        case "x":
            return without_pictures(session), [Say("started-over")]
        case "w" if isinstance(first, Sent) and len(session.styles) == 1:
            if choice and choice != mark(first):  # the second tap of two
                return session, []
            swapped = session.now(photo=first, styles=(draft.photo,))
            return _shown(swapped, draft_id, pictures=True)
        case "v" if isinstance(first, Sent):
            return session.now(awaiting="name"), [Say("name-it")]
        case "b" if len(session.styles) < MOST_PAINTINGS:
            return session.now(awaiting="blend"), [AskStyle(new=False, draft_id=draft_id)]
        case "t":
            return session.now(awaiting=None), [AskStyle(new=False, draft_id=draft_id)]
        case "o":
            return _shown(session.now(awaiting=None), draft_id, pictures=True)
    changed = _choice(session, action, choice, rules)
    if changed is None:
        return session, [_OLD]
    return _shown(changed, draft_id) if changed != session else (session, [])


def _shown(session: Session, draft_id: str, *, pictures: bool = False) -> Step:
    assert session.draft is not None  # noqa: S101 - the draft was there
    return session, [ShowReady(session.draft, draft_id, new=False, pictures=pictures)]


def _choice(session: Session, action: str, choice: str, rules: Rules) -> Session | None:
    """Change one of the person's choices; None if there is no such choice."""
    match action, choice:
        case "a", name if name in STRENGTHS:
            return session.choosing(alpha=STRENGTHS[name])
        case "c", "mine" | "painting":
            return session.choosing(keep_colours=choice == "mine")
        case "k", name if name in STROKES:
            return session.choosing(stroke=STROKES[name])
        case "q", name if name in QUALITIES:
            return session.choosing(quality=name)
        case "z", size if size in map(str, rules.sizes):
            return session.choosing(size=int(size))
    return None
