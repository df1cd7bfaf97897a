"""Forged updates: any words, buttons and entities that a user's own program may send."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from telegram import Chat, Message, MessageEntity, User

from bot import i18n
from bot.conversation import (
    MAX_PAINTINGS,
    ActOnJob,
    CatalogueStyle,
    Command,
    Kept,
    Person,
    Pictures,
    Rules,
    Sent,
    Session,
    Tapped,
    Words,
    step,
)
from bot.conversation.callback_data import JOB_ACTIONS, owned, read
from bot.conversation.style_names import named
from bot.playground.upload import clean_name
from bot.storage.job_address import owner
from bot.updates.handlers import _text_to_bot
from engine.errors import UnknownStyleError
from engine.styles.style import preset

PHOTO, PAINTING = Sent(file_id="photo", message=1), Sent(file_id="painting", message=2)
KEPT = Kept(id="kept", name="Sunset", styles=(PAINTING,))
ACTIONS = (*sorted(JOB_ACTIONS), *"acekgilmopqrstuvwxyz")
SESSIONS = [
    Session(),
    Session(photo=PHOTO),
    Session(photo=PHOTO, styles=(PAINTING,), draft_id="d"),
    Session(photo=PHOTO, styles=(CatalogueStyle(id="mosaic"), PAINTING), draft_id="d", awaiting="blend"),
    Session(photo=PHOTO, styles=(PAINTING,), draft_id="d", awaiting="name"),
    Session(photo=PHOTO, broadcast="hello", person=Person(styles=(KEPT,), last=(PAINTING,))),
]
RULES = Rules((128, 256), 128)
anything = st.text(max_size=80)
data = st.one_of(
    anything,
    st.builds("{}:{}:{}".format, st.sampled_from(ACTIONS), anything, st.sampled_from(["d", "-", "", "x"])),
    st.builds("{}:{}".format, st.sampled_from(ACTIONS), anything),
    st.builds("{}:{}:d".format, st.sampled_from(ACTIONS), st.integers().map(str)),
)


def _step(session: Session, event: Tapped | Words | Command | Pictures) -> Session:
    fresh = (f"id{number}" for number in count())
    after, effects = step(session, event, lambda: next(fresh), RULES)
    assert Session.model_validate_json(after.model_dump_json()) == after, "it can be kept"
    assert after.person.language in (None, *i18n.LANGUAGES)
    for effect in effects:
        if isinstance(effect, ActOnJob):
            assert effect.action in (*JOB_ACTIONS, "painted")
    return after


@settings(max_examples=250, deadline=None)
@given(data, st.sampled_from(SESSIONS))
def test_any_button_is_a_step_that_can_be_kept(data: str, session: Session) -> None:
    said, whose = read(data)
    assert whose is None or whose == int(data.rpartition("@")[2], 36)
    assert said.isascii()
    _step(session, Tapped(said))
    _step(session, Tapped(data))


@given(st.integers(1, 2**52), st.integers(1, 2**52), st.sampled_from(["cancel:x", "p::d", "s:mosaic"]))
def test_a_button_has_one_owner_alone(ada: int, mallory: int, own: str) -> None:
    said, whose = read(owned(own, ada))
    assert (said, whose) == (own, ada)
    assert (whose == mallory) == (ada == mallory)
    assert len({owner(ada), owner(mallory)}) == 1 + (ada != mallory)


@settings(max_examples=150, deadline=None)
@given(
    st.text(max_size=300),
    st.sampled_from(SESSIONS),
    st.sampled_from(["start", "paint", "broadcast", "ban", "x"]),
)
def test_any_words_are_a_step_that_can_be_kept(words: str, session: Session, command: str) -> None:
    _step(session, Words(words))
    _step(session, Command(command, words))
    _step(session, Pictures((PHOTO,), caption=words))


def test_an_album_of_any_number_is_a_photo_and_a_few_paintings() -> None:
    album = tuple(Sent(file_id=str(number), message=number) for number in range(1000))
    after = _step(Session(), Pictures(album))
    assert (after.photo, after.styles) == (album[0], album[1 : 1 + MAX_PAINTINGS])


def _message(text: str, entities: list[MessageEntity]) -> Message:
    person = User(1, "Ada", is_bot=False)
    return Message(1, datetime.now(UTC), Chat(1, "private"), from_user=person, text=text, entities=entities)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["@atelier_bot", "hello", "🎨", "👩‍🎨", "\u202eolleh", "\0", "/start", " ", "é", "你好"]
        ),
        max_size=12,
    ),
    st.lists(st.tuples(st.integers(0, 150), st.integers(0, 150)), max_size=100),
)
def test_marks_on_words_may_lie_anywhere(parts: list[str], places: list[tuple[int, int]]) -> None:
    text = "".join(parts)
    marks = [MessageEntity(MessageEntity.MENTION, offset, length) for offset, length in places]
    try:
        said = _text_to_bot(_message(text, marks), "atelier_bot")
    except UnicodeDecodeError:  # the library's own reading: Telegram never cuts a character in two
        return
    assert said is None or "\0" not in said


def test_thousands_of_marks_are_read_in_no_time() -> None:
    text = "@atelier_bot " * 300
    marks = [MessageEntity(MessageEntity.MENTION, 13 * number, 12) for number in range(300)]
    marks += [MessageEntity(MessageEntity.BOLD, number, 1) for number in range(3000)]
    began = time.process_time()
    assert _text_to_bot(_message(text, marks), "atelier_bot") == ""
    assert time.process_time() - began < 2


def test_the_longest_words_name_no_style_in_no_time() -> None:
    began = time.process_time()
    for words in ("in the style of " * 250, "a" * 4096, "波" * 4096, "é" * 200, "like " * 40):
        named(words, [(str(number), (f"A style of number {number}",)) for number in range(40)])
    assert time.process_time() - began < 2


def test_no_number_of_languages_fills_the_memory() -> None:
    for number in range(3000):
        i18n.texts(f"x{number}")
        i18n.texts(f"EN-{number}")
    assert i18n._loaded.cache_info().currsize <= len(i18n.LANGUAGES)


@given(st.text(max_size=300))
def test_a_files_name_is_never_a_path(name: str) -> None:
    clean = clean_name(f"../../{name}/..\\..\\{name}")
    assert len(clean) <= 140
    assert not set(clean) & set("/\\\0:")
    assert clean not in (".", "..")


@pytest.mark.parametrize(
    "name", ["../presets.toml", "/etc/passwd", "mosaic/../mosaic", "mosaic.png", "", "\0", "%"]
)
def test_a_style_is_known_by_its_name_alone(name: str) -> None:
    with pytest.raises(UnknownStyleError):
        preset(name)
    session = _step(Session(photo=PHOTO), Command("start", f"style_{name}"))
    assert session.styles == ()
    assert _step(Session(photo=PHOTO), Tapped(f"s:{name}")).styles == ()
