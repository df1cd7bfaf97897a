"""Inline keyboards. :mod:`bot.conversation.callback_data` reads what a button carries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.conversation import MOST_PAINTINGS, STROKES, Choices, Draft, Kept, Rules, Sent, mark
from bot.conversation.callback_data import owned
from bot.conversation.step import DEFAULTS
from bot.i18n import LANGUAGES, Texts, texts
from bot.views.images import pages, styles_of
from engine.painting.recipe import QUALITIES, STRENGTHS, Quality, strength_name
from engine.styles import style

T = TypeVar("T")

GO: Final = "success"
DANGER: Final = "danger"
_HALF: Final = 26
"""Characters that a phone shows on a button which shares its row."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Makes the buttons of one person in one language."""

    say: Texts
    person: int

    def button(self, label: str, data: str, style: str | None = None) -> InlineKeyboardButton:
        """A button that acts for its person alone."""
        return InlineKeyboardButton(label, callback_data=owned(data, self.person), style=style)

    def named(self, name: str, data: str, style: str | None = None) -> InlineKeyboardButton:
        """A button whose label is the text ``button-NAME``."""
        return self.button(self.say(f"button-{name}"), data, style)

    # Styles

    def styles(
        self,
        page: int,
        offered: Sequence[style.Preset],
        *,
        last: bool = False,
        mine: bool = False,
        draft_id: str | None = None,
    ) -> InlineKeyboardMarkup:
        """One button for each style of a page, numbered like the sheet.

        Args:
            page: counted from 0.
            offered: the styles of all pages.
            last: whether the person has painted before.
            mine: whether they keep styles of their own.
            draft_id: the draft to go back to.
        """
        first, shown = styles_of(page, offered)
        buttons = [
            self.button(f"{number} · {one.title_in(self.say.language)}", f"s:{one.id}")
            for number, one in enumerate(shown, start=first)
        ]
        rows = _pairs(buttons)
        if (count := pages(offered)) > 1:
            rows.append([
                self.button("‹", f"g:{(page - 1) % count}"),
                self.button(f"{page + 1} / {count}", f"g:{page}"),
                self.button("›", f"g:{(page + 1) % count}"),
            ])  # fmt: skip
        more = [self.named("surprise", "r:")]
        if last:
            more.append(self.named("last", "l:"))
        if mine:
            more.append(self.named("mine", "g:mine"))
        rows.append(more)
        if draft_id:
            rows.append([self.named("back", f"o::{draft_id}")])
        return InlineKeyboardMarkup(rows)

    def kept(self, styles: Sequence[Kept], draft_id: str | None = None) -> InlineKeyboardMarkup:
        """A person's own styles, each with a button that lets go of it."""
        rows = [
            [
                self.button(f"{number} · {style.name}", f"m:{style.id}"),
                self.named("let-go", f"u:{style.id}"),
            ]
            for number, style in enumerate(styles, start=1)
        ]
        rows.append([self.named("gallery", "g:0")])
        if draft_id:
            rows.append([self.named("back", f"o::{draft_id}")])
        return InlineKeyboardMarkup(rows)

    # Before

    def ready(self, draft: Draft, draft_id: str, rules: Rules, quality: Quality) -> InlineKeyboardMarkup:
        """The controls of a painting that is about to be painted; the big button is below, near the thumb."""
        rows = self._choices(draft.choices, draft_id, rules, quality)
        own = isinstance(draft.styles[0], Sent)
        pictures = []
        if own and len(draft.styles) == 1:
            pictures.append(self.named("swap", f"w:{mark(draft.styles[0])}:{draft_id}"))
        if len(draft.styles) < MOST_PAINTINGS:
            pictures.append(self.named("blend", f"b::{draft_id}"))
        if own:
            pictures.append(self.named("keep", f"v::{draft_id}"))
        rows.append(pictures)
        rows.append([self.named("other", f"t::{draft_id}"), self.named("reset", f"x::{draft_id}")])
        rows.append([self.named("paint", f"p::{draft_id}", GO)])
        return InlineKeyboardMarkup([row for row in rows if row])

    def settings(self, choices: Choices, rules: Rules, quality: Quality) -> InlineKeyboardMarkup:
        """The same controls, for the next paintings."""
        return InlineKeyboardMarkup(self._choices(choices, DEFAULTS, rules, quality))

    def _choices(
        self, choices: Choices, draft_id: str, rules: Rules, quality: Quality
    ) -> list[list[InlineKeyboardButton]]:
        strength = strength_name(choices.alpha)
        stroke = min(STROKES, key=lambda name: abs(STROKES[name] - choices.stroke))
        mine = "mine" if choices.keep_colours else "painting"
        size, quality = choices.size or rules.size, choices.quality or quality
        return [
            [self._one(name, name == strength, f"a:{name}:{draft_id}") for name in STRENGTHS],
            [
                self.named(f"colours-{mine}", f"c:{'painting' if mine == 'mine' else 'mine'}:{draft_id}"),
                self.named(f"stroke-{stroke}", f"k:{_after(stroke, list(STROKES))}:{draft_id}"),
            ],
            [
                self.button(
                    self.say("button-size", size=str(size)),
                    f"z:{_after(size, list(rules.sizes))}:{draft_id}",
                ),
                self.named(f"quality-{quality}", f"q:{_after(quality, list(QUALITIES))}:{draft_id}"),
            ],
        ]

    def _one(self, name: str, chosen: bool, data: str) -> InlineKeyboardButton:
        return self.button(("● " if chosen else "") + self.say(f"button-{name}"), data)

    # During and after

    def under_way(self, job_id: str) -> InlineKeyboardMarkup:
        """The one button of a painting that is being painted."""
        return InlineKeyboardMarkup([[self.named("cancel", f"cancel:{job_id}", DANGER)]])

    def finished(
        self,
        job_id: str,
        draft: Draft,
        *,
        share: str | None = None,
        film: bool = False,
        compared: bool = False,
    ) -> InlineKeyboardMarkup:
        """What can be done with a painting.

        Args:
            job_id: that of the painting.
            draft: what it was painted from.
            share: the address under which it can be shared.
            film: whether there is a film of it.
            compared: whether the message shows it beside its photo.
        """

        def act(action: str, style: str | None = None, label: str = "") -> InlineKeyboardButton:
            return self.named(label or action, f"{action}:{job_id}", style)

        colours = "their-colours" if draft.choices.keep_colours else "my-colours"
        files = [act("painting", label="painting-only") if compared else act("compare"), act("file")]
        if film:
            files.append(act("film"))
        last = [] if compared else [act("next")]
        if share:
            last.append(InlineKeyboardButton(self.say("button-share"), url=share))
        return InlineKeyboardMarkup(
            [
                [act("softer"), act("again"), act("stronger")],
                [act("other"), act("colours", label=colours), act("bigger")],
                files,
                [*last, act("delete")],
            ]
        )

    def ended(self, job_id: str) -> InlineKeyboardMarkup:
        """What can be done after a painting was stopped or failed."""
        return InlineKeyboardMarkup(
            [[self.named("retry", f"again:{job_id}"), self.named("other", f"other:{job_id}")]]
        )

    # Of the person

    def languages(self) -> InlineKeyboardMarkup:
        """Every language in its own words, and Telegram's own choice."""
        rows = _rows(
            [
                self.button(
                    ("● " if language == self.say.language else "") + texts(language)("language-name"),
                    f"i:{language}",
                )
                for language in LANGUAGES
            ],
            2,
        )
        return InlineKeyboardMarkup([*rows, [self.named("as-telegram", "i:")]])

    def sure(self, action: str, yes: str, no: str) -> InlineKeyboardMarkup:
        """A question before something that cannot be undone."""
        return InlineKeyboardMarkup(
            [[self.named(yes, f"{action}:yes", DANGER), self.named(no, f"{action}:no")]]
        )

    def stops(self, jobs: Sequence[tuple[str, int]]) -> InlineKeyboardMarkup:
        """A button for each painting under way that stops it; each with its number."""
        return InlineKeyboardMarkup(
            _rows(
                [
                    self.button(self.say("button-stop", number=number), f"cancel:{job_id}", DANGER)
                    for job_id, number in jobs
                ],
                3,
            )
        )


def _pairs(buttons: Sequence[InlineKeyboardButton]) -> list[list[InlineKeyboardButton]]:
    """Put two in a row, but where that cuts a long title short."""
    rows: list[list[InlineKeyboardButton]] = []
    for button in buttons:
        fits = rows and len(rows[-1]) == 1 and max(len(rows[-1][0].text), len(button.text)) <= _HALF
        if fits:
            rows[-1].append(button)
        else:
            rows.append([button])
    return rows


def _rows(buttons: list[InlineKeyboardButton], width: int) -> list[list[InlineKeyboardButton]]:
    return [buttons[at : at + width] for at in range(0, len(buttons), width)]


def _after(value: T, values: list[T]) -> T:
    """The next of some values, round and round; the first for one that is not among them."""
    return values[(values.index(value) + 1) % len(values)] if value in values else values[0]
