"""One step of the conversation, a pure function of the session and the event but for the ids of ``fresh``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2s
from typing import Final, Literal

from bot.conversation import style_titles
from bot.conversation.callback_data import JOB_ACTIONS, SETTINGS, Action, JobAction
from bot.conversation.controls import CONTROLS
from bot.conversation.effects import (
    Account,
    ActOnJob,
    AskReport,
    AskStyle,
    Broadcast,
    CancelAll,
    Correct,
    Effect,
    Forget,
    Note,
    Operate,
    Paint,
    PaintEach,
    Say,
    ShowReady,
    Suggest,
)
from bot.conversation.events import Command, Edited, Event, Other, Pictures, Tapped, Words
from bot.conversation.rules import Rules
from bot.conversation.session import (
    MAX_PAINTINGS,
    CatalogueStyle,
    Kept,
    Sent,
    Session,
    Style,
    mark,
)
from bot.conversation.style_names import named, nearest
from bot.conversation.variations import without_draft, without_pictures
from bot.i18n import LANGUAGES
from engine.styles import style

Step = tuple[Session, list[Effect]]
Fresh = Callable[[], str]
Offered = Sequence[style.Style]

MAX_NAME: Final = 32
"""Characters of a kept style's name."""
MAX_KEPT: Final = 24
"""Styles that one user may keep."""
PAGE_DIGITS: Final = 4
SUGGESTED: Final = 3
"""Styles that are offered when a name is of none."""
MAX_QUOTED: Final = 60
"""Characters of such a name that are repeated."""
OPERATORS: Final = frozenset({"stats", "broadcast", "ban", "unban", "drain", "resume"})
_START_STYLE: Final = "style_"
_START_SHOW: Final = "get_"
"""Begins the payload of a link to a painting that could not be sent to its group."""
_OLD: Final = Note("old-button", alert=True)


def step(session: Session, event: Event, fresh: Fresh, rules: Rules | None = None) -> Step:
    """Return the session after an event, and the effects to carry out."""
    rules = rules or Rules()
    match event:
        case Pictures():
            return _pictures(session, event, fresh, rules.styles)
        case Words():
            return _words(session, event, fresh, rules.styles)
        case Tapped():
            return _tapped(session, event, fresh, rules)
        case Command():
            return _command(session, event, fresh, rules.styles)
        case Edited():
            return _edited(session, event, fresh, rules.styles)
        case Other(kind):
            return session, [Say("not-a-picture", {"kind": kind})]


# Pictures and words


def _pictures(session: Session, event: Pictures, fresh: Fresh, offered: Offered) -> Step:
    effects: list[Effect] = [Say("first-frame")] if event.animated else []
    pictures = event.pictures
    named = _named_below(session, event, offered)
    if named:  # what is said outranks what the message replies to, and what was sent before
        return _paint_apart(session, pictures, named, fresh, effects, _captioned(session, event, offered))
    if event.reply_to:
        photo, styles = event.reply_to, pictures
    elif event.as_style or _is_blending(session):
        after, more = _styled(session, pictures if _is_blending(session) else pictures[:1], fresh)
        return after, effects + more
    elif len(pictures) > 1 and session.photo is None and session.styles:  # a style was chosen first
        chosen = [session.styles] * len(pictures)
        return _paint_apart(without_pictures(session), pictures, chosen, fresh, effects)
    elif len(pictures) > 1:
        photo, styles = pictures[0], pictures[1:]
    elif session.photo is not None:
        photo, styles = session.photo, pictures
    else:
        return _photographed(session, pictures[0], session.styles, fresh, effects)
    if len(styles) > MAX_PAINTINGS:
        effects.append(Say("extra-pictures", {"most": MAX_PAINTINGS}))
    effects += put_aside(session.photo, photo, *styles)
    # Several pictures: which is the photo?
    return _ready(_with_photo(session, photo, styles[:MAX_PAINTINGS]), fresh, effects)


def put_aside(photo: Sent | None, *instead: Sent) -> list[Effect]:
    """Say that a photo waited and does not any more, where others take its place."""
    return [] if photo is None or photo in instead else [Say("photo-put-aside")]


def _named_below(session: Session, event: Pictures, offered: Offered) -> list[tuple[Style, ...]]:
    """Return the style of each picture, if one is named: below it, or else below the first that has one."""
    if event.as_style or not (event.caption or any(event.captions)):
        return []
    said = [_named(session, caption, offered) for caption in event.captions]
    said = said or [()] * len(event.pictures)
    first = _named(session, event.caption, offered) or next((each for each in said if each), ())
    return [each or first for each in said] if first else []


def _captioned(session: Session, event: Pictures, offered: Offered) -> list[int | None]:
    """Return the message that names the style of each picture: its own, or else the first that names one."""
    own = [
        one.message if _named(session, caption, offered) else None
        for one, caption in zip(event.pictures, event.captions or ("",) * len(event.pictures), strict=True)
    ]
    first = next((each for each in own if each), None)
    return [each or first for each in own]


def _paint_apart(
    session: Session,
    photos: Sequence[Sent],
    styles: Sequence[tuple[Style, ...]],
    fresh: Fresh,
    effects: Iterable[Effect] = (),
    said: Sequence[int | None] = (),
) -> Step:
    """Paint photos, each in its styles. A photo that waits for a style goes on waiting."""
    drafts = [
        session.person.draft(photo, its).model_copy(update={"said": message})
        for photo, its, message in zip(photos, styles, said or [None] * len(photos), strict=True)
    ]
    session = session.updated(
        person=session.person.model_copy(update={"last": styles[-1]}),
        awaiting=None if session.awaiting == "blend" else session.awaiting,
    )
    if session.photo is None or session.photo in photos:
        session = without_pictures(session)
    if len(drafts) == 1:
        return session, [*effects, Paint(drafts[0], fresh())]
    return session, [*effects, PaintEach(tuple(drafts), fresh())]


def _photographed(
    session: Session, photo: Sent, styles: tuple[Style, ...], fresh: Fresh, effects: Iterable[Effect] = ()
) -> Step:
    """Take a picture as the photo; paint it if a style was chosen."""
    session = _with_photo(session, photo, styles)
    return _begin(session, fresh(), effects) if styles else (session, [*effects, AskStyle()])


def _with_photo(session: Session, photo: Sent, styles: tuple[Style, ...]) -> Session:
    return without_pictures(session).updated(photo=photo, styles=styles)


def _styled(session: Session, styles: tuple[Style, ...], fresh: Fresh, *, new: bool = True) -> Step:
    """Paint the photo in a style; the style waits for a photo, or is one more of a blend."""
    if _is_blending(session):
        blend = (*session.styles, *(style for style in styles if style not in session.styles))
        full: list[Effect] = (
            [Say("blend-full", {"most": MAX_PAINTINGS})] if len(blend) > MAX_PAINTINGS else []
        )
        session = session.updated(styles=blend[:MAX_PAINTINGS])
        after, effects = _ready(session, fresh, new=new, adjusting=True)
        return after, effects + full
    session = without_draft(session.updated(styles=styles))
    return (session, [Say("style-chosen")]) if session.photo is None else _begin(session, fresh())


def _is_blending(session: Session) -> bool:
    return session.awaiting == "blend" and session.draft is not None


def _begin(session: Session, job_id: str, effects: Iterable[Effect] = ()) -> Step:
    """Paint the draft. The pictures are done with; the style is remembered as the last one."""
    draft = session.draft
    assert draft is not None  # noqa: S101 - callers have looked
    person = session.person.model_copy(update={"last": session.styles})
    return without_pictures(session).updated(person=person), [*effects, Paint(draft, job_id)]


def _ready(
    session: Session,
    fresh: Fresh,
    effects: Iterable[Effect] = (),
    *,
    new: bool = True,
    adjusting: bool = False,
) -> Step:
    """Show the draft, under an id of its own: as a question, or with its choices."""
    draft_id = fresh()
    session = session.updated(draft_id=draft_id, adjusting=adjusting, shown=None, awaiting=None)
    assert session.draft is not None  # noqa: S101 - callers have looked
    return session, [*effects, ShowReady(session.draft, draft_id, new, adjusting=adjusting)]


def _words(session: Session, event: Words | Command, fresh: Fresh, offered: Offered) -> Step:
    words = event.words if isinstance(event, Words) else event.argument
    asked = isinstance(event, Command)
    replied = event.reply_to
    if event.comment and session.photo is not None:  # nobody chose the channel's picture
        replied = None
    if session.awaiting == "name" and replied is None:
        return _keep(session, words, fresh)
    styles = _named(session, words, offered)
    if replied is not None and styles:
        return _paint_apart(session, (replied,), (styles,), fresh)
    if replied is not None and (asked or not event.comment):
        aside = put_aside(session.photo, replied)
        session = _with_photo(session, replied, ()).updated(unnamed=event.message if words else None)
        return session, [*aside, _nearest(session, words, offered) if words else AskStyle()]
    if styles:
        return _styled(session, styles, fresh)
    if session.photo is None and not asked:
        return session, [Say("style-chosen" if session.styles else "send-a-photo")]
    if session.photo is not None and session.styles:
        return session, [Say("tap-paint")]
    return session.updated(unnamed=event.message), [_nearest(session, words, offered)]


def _edited(session: Session, event: Edited, fresh: Fresh, offered: Offered) -> Step:
    """Take the new words of a message that name a style: for its picture, or for what it has ordered."""
    styles = _named(session, event.words, offered)
    if not styles:
        return session, []
    if event.message == session.unnamed:
        return _styled(session.updated(unnamed=None), styles, fresh)
    asked = (session.photo,) if session.adjusting else (session.photo, *session.styles)
    waiting = [one for one in asked if isinstance(one, Sent)]
    own = [one for one in waiting if one.message == event.message]
    if not own:
        return session, [Correct(event.message, styles)]
    photos = waiting if event.album else own
    aside = [Say("photo-put-aside")] if len(photos) < len(waiting) else []
    return _paint_apart(without_pictures(session), photos, [styles] * len(photos), fresh, aside)


def _nearest(session: Session, words: str, offered: Offered) -> Effect:
    """Offer the styles whose names are nearest to words that name none."""
    _, names, artists = _names(session, offered)
    found = nearest(words, names, artists, SUGGESTED)
    return Suggest(words[:MAX_QUOTED], found) if found else AskStyle()


def _named(session: Session, words: str, offered: Offered) -> tuple[Style, ...]:
    """Return the style that a text names by title or artist; a kept one comes before one that is offered.

    One that is kept may be a blend of several. If none is named, there are none.
    """
    styles, names, artists = _names(session, offered)
    found = named(words, names, artists) if words else None
    return () if found is None else styles[found]


def _names(
    session: Session, offered: Offered
) -> tuple[dict[str, tuple[Style, ...]], list[tuple[str, tuple[str, ...]]], dict[str, tuple[str, ...]]]:
    """Return the styles by their ids, and the names of the styles and of their artists."""
    styles: dict[str, tuple[Style, ...]] = {f"m:{kept.id}": kept.styles for kept in session.person.styles}
    names: list[tuple[str, tuple[str, ...]]] = [
        (f"m:{kept.id}", (kept.name,)) for kept in session.person.styles
    ]
    for one in offered:
        styles[one.id] = (CatalogueStyle(id=one.id),)
        names.append((one.id, style_titles.names(one)))
    return styles, names, {one.id: style_titles.artist_names(one) for one in offered if one.artist}


def _keep(session: Session, words: str, fresh: Fresh) -> Step:
    """Keep a painting or a blend under a name; the same name again replaces what it had."""
    name = " ".join(words.split())[:MAX_NAME]
    paintings = session.keeping
    session = session.updated(awaiting=None, keeping=())
    if not name or not paintings:
        return session, [Say("nothing-to-keep")]
    others = [kept for kept in session.person.styles if kept.name.casefold() != name.casefold()]
    if len(others) >= MAX_KEPT:
        return session, [Say("too-many-styles", {"most": MAX_KEPT})]
    styles = (*others, Kept(id=fresh(), name=name, styles=paintings))
    person = session.person.model_copy(update={"styles": styles})
    return session.updated(person=person), [Say("style-kept", {"name": name})]


# Commands


def _command(session: Session, event: Command, fresh: Fresh, offered: Offered) -> Step:
    name, argument = event.name, event.argument
    if name in OPERATORS:
        awaiting = "broadcast" if name == "broadcast" and argument else None
        return session.updated(broadcast=argument if awaiting else "", awaiting=awaiting), [
            Operate(name, argument)
        ]
    session = session.updated(awaiting=None)
    match name:
        case "start":
            return _start(session, argument, fresh, offered)
        case "paint" if event.reply_to is not None or argument:
            return _words(session, event, fresh, offered)
        case "paint":
            if session.draft is None:
                return session, [AskStyle() if session.photo else Say("send-a-photo")]
            return _ready(session, fresh, adjusting=session.adjusting)
        case "styles":
            return session, [AskStyle(draft_id=session.draft_id)]
        case "cancel":
            return session, [CancelAll(draft=session.photo is not None)]
        case "status" | "settings" | "language" | "forget":
            return session, [Account(name)]
        case "privacy":
            return session, [Say(name)]
        case "report":
            return session, [AskReport()]
        case _:
            return session, [Say("help")]


def _start(session: Session, payload: str, fresh: Fresh, offered: Offered) -> Step:
    """Greet a user who opens the chat, perhaps by a link with a style or with a painting."""
    if payload.startswith(_START_SHOW):
        return session, [ActOnJob(JobAction.SHOW, payload.removeprefix(_START_SHOW))]
    if not payload.startswith(_START_STYLE):
        return session, [AskStyle(greet=True)]
    style = payload.removeprefix(_START_STYLE)
    if any(one.id == style for one in offered):
        return _styled(session, (CatalogueStyle(id=style),), fresh)
    return session, [AskStyle(greet=True), Say("no-such-style")]


# Taps


def _tapped(session: Session, tap: Tapped, fresh: Fresh, rules: Rules) -> Step:
    action, _, value = tap.data.partition(":")
    if action in JOB_ACTIONS:
        return session, [ActOnJob(JobAction(action), value)]
    if tap.message is not None and tap.message == session.taken:
        return session, [Note("already-painted")]
    if not tap.own:
        return session, [_OLD]
    if action in (Action.BAN, Action.WITHDRAW):
        return session, [Operate("ban" if action == Action.BAN else "withdraw", value)]
    of_draft = tap.offered or tap.message == session.shown
    after, effects = _on_button(session, action, value, fresh, rules, of_draft=of_draft)
    if any(isinstance(effect, Paint) for effect in effects):
        after = after.updated(taken=tap.message)
    return after, effects


def _on_button(
    session: Session, action: str, value: str, fresh: Fresh, rules: Rules, *, of_draft: bool
) -> Step:
    match action:
        case Action.STYLE | Action.KEPT_STYLE | Action.RANDOM_STYLE | Action.LAST_STYLES:
            return _chosen(session, action, value, fresh, rules.styles)
        case Action.ADJUST if not value:
            return session, [Account("settings", new=False)]
        case Action.PAGE:
            page = int(value) if value.isdecimal() and len(value) < PAGE_DIGITS else 0
            return session, [_page(session, "mine" if value == "mine" else page)]
        case Action.REMOVE_STYLE:
            styles = tuple(kept for kept in session.person.styles if kept.id != value)
            person = session.person.model_copy(update={"styles": styles})
            session = session.updated(person=person)
            return session, [Note("style-gone"), _page(session, "mine" if styles else 0)]
        case Action.LANGUAGE if value in ("", *LANGUAGES):
            person = session.person.model_copy(update={"language": value or None})
            return session.updated(person=person), [Account("language", new=False)]
        case Action.FORGET:
            return (Session(), [Forget()]) if value == "yes" else (session, [Say("not-forgotten")])
        case Action.BROADCAST:
            text, session = session.broadcast, session.updated(broadcast="", awaiting=None)
            if not text:
                return session, [_OLD]
            return session, [Broadcast(text)] if value == "yes" else [Say("not-broadcast")]
    choice, _, draft_id = value.rpartition(":")
    if draft_id == SETTINGS:
        changed = _chose(session, action, choice, rules)
        return (changed, [Account("settings", new=False)]) if changed else (session, [_OLD])
    if session.draft is None or draft_id != session.draft_id:
        return session, [ActOnJob("painted", draft_id) if action == Action.PAINT else _OLD]
    if not of_draft:
        return session, [_OLD]
    return _of_draft(session, action, choice, draft_id, rules)


def _page(session: Session, page: int | Literal["mine"]) -> AskStyle:
    """Turn the tapped message to another page, with the way back to the draft if there is one."""
    return AskStyle(page, new=False, draft_id=session.draft_id)


def _chosen(session: Session, action: str, value: str, fresh: Fresh, offered: Offered) -> Step:
    """Take a style by its button: an offered one, a kept one, a random one, or the last."""
    styles: tuple[Style, ...] = ()
    last = session.person.last
    if action == Action.STYLE and any(one.id == value for one in offered):
        styles = (CatalogueStyle(id=value),)
    elif action == Action.KEPT_STYLE:
        styles = next((kept.styles for kept in session.person.styles if kept.id == value), ())
    elif action == Action.RANDOM_STYLE:
        others = [one.id for one in offered if CatalogueStyle(id=one.id) not in session.styles]
        dice = int.from_bytes(blake2s(fresh().encode(), digest_size=4).digest())
        styles = (CatalogueStyle(id=others[dice % len(others)]),)
    elif action == Action.LAST_STYLES and len(last) > 1 and session.photo is not None:
        return _begin(_with_photo(session, session.photo, last), fresh())
    elif action == Action.LAST_STYLES and last:
        styles = last[:1]
    if not styles:
        return session, [Note("no-such-style", alert=True)]
    return _styled(session, styles, fresh, new=False)


def _of_draft(session: Session, action: str, choice: str, draft_id: str, rules: Rules) -> Step:
    """Carry out a button of the draft. It says what is wanted, so that two taps do one thing."""
    draft = session.draft
    assert draft is not None  # noqa: S101 - the caller has looked
    first = session.styles[0]
    match action:
        case Action.PAINT:
            return _begin(session, draft_id)
        case Action.ADJUST:
            return _shown(session.updated(adjusting=True), draft_id)
        case Action.NEW_PHOTO if isinstance(session.styles[-1], Sent):
            return _with_photo(session, session.styles[-1], ()), [AskStyle(new=False)]
        case Action.SWAP if isinstance(first, Sent) and len(session.styles) == 1:
            if choice and choice != mark(first):  # the second tap of two
                return session, []
            swapped = session.updated(photo=first, styles=(draft.photo,))
            return _shown(swapped, draft_id, pictures=True)
        case Action.KEEP_STYLE if draft.keepable:
            return session.updated(awaiting="name", keeping=session.styles), [Say("name-it")]
        case Action.BLEND if len(session.styles) < MAX_PAINTINGS:
            return session.updated(awaiting="blend"), [AskStyle(new=False, draft_id=draft_id)]
        case Action.BACK:
            return _shown(session.updated(awaiting=None), draft_id, pictures=True)
    changed = _chose(session, action, choice, rules, draft=True)
    if changed is None:
        return session, [_OLD]
    return _shown(changed, draft_id) if changed != session else (session, [])


def _shown(session: Session, draft_id: str, *, pictures: bool = False) -> Step:
    assert session.draft is not None  # noqa: S101 - the draft was there
    effect = ShowReady(session.draft, draft_id, new=False, pictures=pictures, adjusting=session.adjusting)
    return session, [effect]


def _chose(
    session: Session, action: str, choice: str, rules: Rules, *, draft: bool = False
) -> Session | None:
    """Change one of the choices of the user, or of the draft; None if there is no such choice."""
    for field, control in CONTROLS.items():
        values = control.values(rules)
        if control.action == action and choice in values:
            change = {field: values[choice]}
            return session.with_draft_choices(**change) if draft else session.with_choices(**change)
    return None
