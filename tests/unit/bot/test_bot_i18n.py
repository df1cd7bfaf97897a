"""Every text that the code says is there, and every text that is there is said."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fluent.syntax import FluentParser, ast
from fluent.syntax.visitor import Visitor

import engine.errors
from bot.chat.bot_profile import COMMANDS, FOR_ADMINS
from bot.chat.downloads import GoneError
from bot.chat.orders import SIZES
from bot.conversation import CONTROLS, Rules
from bot.conversation.callback_data import JobAction
from bot.i18n import DEFAULT, LANGUAGES, Texts, languages, texts
from engine.errors import AtelierError
from engine.styles.famous import paintings
from engine.styles.style import presets

NUMBERS = {"position", "percent", "count", "limit", "hours", "left", "most", "queued", "running", "done"}
NUMBERS |= {"failed", "cancelled", "owners", "workers", "people", "told", "gone", "number"}

OPERATORS = {
    *("weights-unavailable", "setting-invalid", "database-unusable"),
    *("device-broken", "job-impossible", "worker-unknown", "worker-unmeasured", "server-broken"),
    *("style-unusable", "picture-wrong", "package-missing", "database-in-use", "host"),
}
"""Codes that no person in a chat can meet: nothing starts with them."""


def _source(repo: Path) -> str:
    files = (path for path in sorted((repo / "bot").rglob("*.py")) if "playground" not in path.parts)
    return "\n".join(path.read_text("utf-8") for path in files)


def _keys(repo: Path) -> set[str]:
    source = (repo / "bot" / "locales" / "en.ftl").read_text("utf-8")
    return set(re.findall(r"^([a-z][a-z0-9-]*) =", source, re.MULTILINE))


def _said(repo: Path) -> Iterator[str]:
    source = _source(repo)
    yield from re.findall(r"""\b(?:texts|say|self|Say|Note)\(\s*"([a-z0-9-]+)\"""", source)
    for name in re.findall(r"""\b(?:named|act)\(\s*"([a-z0-9-]+)\"[,)](?! label)""", source):
        yield f"button-{name}"
    yield from re.findall(r"""texts\(\)?\(?"([a-z0-9-]+)"[,)]""", source)
    yield from re.findall(r'"((?:button|error|note|command)-[a-z-]+)"', source)
    yield from _labels()
    yield from (
        f"button-{action}" for action in JobAction if action not in (JobAction.PAINTING, JobAction.LESS)
    )
    for both in re.findall(r'\("([a-z-]+)" if [^"]*?(?:"[a-z]+")?[^"]*? else "([a-z-]+)"\)', source):
        yield from both


def _labels() -> set[str]:
    """The keys of the controls' buttons."""
    return {
        control.label.format(choice=choice)
        for control in CONTROLS.values()
        for choice in control.values(Rules())
    }


def _codes(kind: type[AtelierError] = AtelierError) -> set[str]:
    return {kind.code}.union(*(_codes(sub) for sub in kind.__subclasses__()))


def test_every_text_that_the_code_says_is_there(repo: Path) -> None:
    said = set(_said(repo))
    assert len(said) > 20, "the scan finds what is said"
    assert {key for key in said if not texts().knows(key)} == set()


def test_every_text_that_is_there_is_said(repo: Path) -> None:
    source = _source(repo)
    dynamic = {f"command-{name}" for name in (*COMMANDS, "report", *FOR_ADMINS)}
    dynamic |= _labels()
    dynamic |= {f"no-{action}" for action in ("stronger", "softer", "bigger")}
    dynamic |= {f"size-{size}" for size in SIZES}
    dynamic |= {key for key in _keys(repo) if key.startswith(("error-", "note-"))}
    dynamic |= {key for key in _keys(repo) if key.startswith("page-")}  # its own test looks at those
    groups = {key for key in _keys(repo) if key.endswith("-group")}  # said by ChatContext.worded
    dynamic |= {key for key in groups if texts().knows(key.removesuffix("-group"))}
    names = _keys(repo) - dynamic
    said = {key for key in names if f'"{key}"' in source or f'"{key.removeprefix("button-")}"' in source}
    assert names - said == set()


def test_every_command_has_its_line(repo: Path) -> None:
    for language in LANGUAGES:
        for name in (*COMMANDS, *FOR_ADMINS):
            assert 3 <= len(texts(language)(f"command-{name}")) <= 256


def test_every_error_that_a_person_may_meet_has_its_sentence(repo: Path) -> None:
    assert GoneError.code == "image-gone"
    of_engine = {
        kind.code
        for kind in vars(engine.errors).values()
        if isinstance(kind, type) and issubclass(kind, AtelierError)
    }
    literal = {"worker-lost", "out-of-memory"}
    source = "".join(path.read_text("utf-8") for path in (repo / "engine").rglob("*.py"))
    assert all(f'"{code}"' in source for code in literal)
    codes = of_engine | literal | {GoneError.code}
    assert {code for code in codes - OPERATORS if not texts().knows(f"error-{code}")} == set()
    missing = {code for code in _codes() - OPERATORS if not texts().knows(f"error-{code}")}
    assert missing == set()


def test_every_sentence_about_an_error_is_about_one_that_there_is(repo: Path) -> None:
    source = "".join(
        path.read_text("utf-8") for folder in ("engine", "bot") for path in (repo / folder).rglob("*.py")
    )
    codes = {key.removeprefix("error-") for key in _keys(repo) if key.startswith("error-")}
    assert {code for code in codes if f'"{code}"' not in source} == set()


def test_every_note_of_the_painter_has_its_sentence(repo: Path) -> None:
    files = sorted((repo / "engine" / "painting").glob("*.py"))
    painter = "\n".join(path.read_text("utf-8") for path in files)
    notes = {key.removeprefix("note-") for key in _keys(repo) if key.startswith("note-")}
    assert notes
    ours = {"eased"}
    assert {note for note in notes - ours if f'"{note}"' not in painter} == set()
    assert set(re.findall(r'notes\.append\("([a-z-]+)"\)', painter)) <= notes


def test_an_unknown_error_is_our_own_fault() -> None:
    assert texts().error("never-heard-of") == texts()("error-internal")


def test_an_error_says_its_facts() -> None:
    assert "You already have 2 paintings in progress" in texts().error("too-many-jobs", limit=2)
    assert "You already have 1 painting in progress" in texts().error("too-many-jobs", limit=1)


@pytest.mark.parametrize("language", [None, "", "xx", "en-GB", "EN", "../en", "e/n"])
def test_an_unknown_language_is_answered_in_english(language: str | None) -> None:
    assert texts(language)("started-over") == texts("en")("started-over")


def test_a_text_that_is_not_there_is_an_error() -> None:
    with pytest.raises((KeyError, LookupError)):
        texts()("no-such-text")


def test_a_sentence_with_a_hole_is_an_error() -> None:
    with pytest.raises(ValueError, match="ready"):
        texts()("ready")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "5 seconds"),
        (7, "5 seconds"),
        (8, "10 seconds"),
        (54, "55 seconds"),
        (55, "a minute"),
        (89, "a minute"),
        (91, "2 minutes"),
        (54 * 60, "54 minutes"),
        (55 * 60, "an hour"),
        (2 * 3600, "2 hours"),
        (1e6, "278 hours"),
    ],
)
def test_durations_are_rough(seconds: float, words: str) -> None:
    assert texts().duration(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "a second"), (1.4, "a second"), (12.4, "12 seconds"), (59.4, "59 seconds"), (61, "a minute")],
)
def test_what_took_less_than_a_minute_is_told_to_the_second(seconds: float, words: str) -> None:
    assert texts().elapsed(seconds) == words


@pytest.mark.parametrize(
    ("code", "language"), [("zh-hans", "zh"), ("zh", "zh"), ("ru", "ru"), ("es-MX", "es")]
)
def test_telegrams_codes_find_their_language(code: str, language: str) -> None:
    assert texts(code).language == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_every_text_with_the_same_values_and_no_other(repo: Path, language: str) -> None:
    wanted, found = _variables(repo, DEFAULT), _variables(repo, language)
    if language != DEFAULT:
        wanted |= {key: set() for key in _translated()}
    missing, unknown = sorted(wanted.keys() - found.keys()), sorted(found.keys() - wanted.keys())
    assert not missing, f"{language}.ftl has no {', '.join(missing)}"
    assert not unknown, f"{language}.ftl has a text that nobody says: {', '.join(unknown)}"
    assert found == wanted


def _translated() -> set[str]:
    """The texts of every language but English: a title for each style, a name for each artist."""
    styles = [*(style.id for style in presets()), *(painting.id for painting in paintings())]
    keys = {f"style-{style}" for style in styles}
    keys |= {f"artist-{painting.artist.id}" for painting in paintings()}
    assert len(styles) > 30, "there are styles to translate"
    return {key.replace("_", "-") for key in keys}


def test_a_language_is_a_file(tmp_path: Path, repo: Path) -> None:
    files = sorted(path.stem for path in (repo / "bot" / "locales").iterdir())
    assert sorted(LANGUAGES) == files
    assert LANGUAGES[0] == DEFAULT
    for language in ("zz", "fr", "en"):
        (tmp_path / f"{language}.ftl").touch()
    assert languages(tmp_path) == ("en", "fr", "zz")


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_lists_what_may_stand_around_a_styles_name(language: str) -> None:
    for key in ("name-leads", "name-fillers", "name-refusals"):
        phrases = texts(language).phrases(key)
        assert phrases, key
        assert len(set(phrases)) == len(phrases)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_can_say_everything_of_any_number(repo: Path, language: str) -> None:
    say = Texts(language)
    for key, names in _variables(repo, language).items():
        for number in (0, 1, 2, 5, 11, 21, 100):
            values: dict[str, str | int] = {name: number if name in NUMBERS else "none" for name in names}
            for text in (say(key, **values), say(key, **(values | dict.fromkeys(names - NUMBERS, "X")))):
                assert text.strip() or key == "name-openings", key
                assert "{" not in text, key


def _variables(repo: Path, language: str) -> dict[str, set[str]]:
    source = (repo / "bot" / "locales" / f"{language}.ftl").read_text("utf-8")
    resource = FluentParser().parse(source)
    found: dict[str, set[str]] = {}
    for entry in resource.body:
        assert not isinstance(entry, ast.Junk), entry.content
        if isinstance(entry, ast.Message):
            names: set[str] = set()
            visitor = _Variables(names)
            visitor.visit(entry)
            found[entry.id.name] = names
    return found


class _Variables(Visitor):
    def __init__(self, names: set[str]) -> None:
        self.names = names

    def visit_VariableReference(self, node: ast.VariableReference) -> None:  # noqa: N802 - fluent's own name
        self.names.add(node.id.name)


@pytest.mark.parametrize("language", LANGUAGES)
def test_telegrams_limits_hold_in_each_language(language: str) -> None:
    say = texts(language)
    assert len(say("bot-description")) <= 512
    assert len(say("bot-short-description")) <= 120
    toasts = (
        "cancelling",
        "too-late",
        "not-yours",
        "file-gone",
        "film-gone",
        "old-button",
        "already-painted",
    )
    assert all(len(say(key)) <= 200 for key in toasts)


def test_greetings_with_and_without_a_name() -> None:
    assert texts()("start", name="Ada").startswith("Hi, Ada! Send me a photo")
    assert texts()("start", name="none").startswith("Hi! Send me a photo")
