"""Inline keyboards. :mod:`bot.conversation.callback_data` has the format of the buttons' data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.conversation import CONTROLS, MAX_PAINTINGS, Choices, Control, Draft, Kept, Rules, Sent, mark
from bot.conversation.callback_data import SETTINGS, Action, JobAction, owned, written
from bot.conversation.style_titles import title
from bot.i18n import LANGUAGES, Texts, texts
from bot.views.images import pages, styles_of
from engine.styles import style

GO: Final = "success"
DANGER: Final = "danger"
_HALF: Final = 26
"""Characters that a phone shows on a button which shares its row."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Builds the keyboards of one user in one language."""

    say: Texts
    person: int

    def button(
        self, label: str, action: str, *values: object, style: str | None = None
    ) -> InlineKeyboardButton:
        """Return a button that acts for its owner alone; ``values`` follow the action in its data."""
        data = owned(written(action, *values), self.person)
        return InlineKeyboardButton(label, callback_data=data, style=style)

    def named(
        self, name: str, action: str, *values: object, style: str | None = None
    ) -> InlineKeyboardButton:
        """Return a button whose label is the text ``button-NAME``."""
        return self.button(self.say(f"button-{name}"), action, *values, style=style)

    # Styles

    def styles(
        self,
        page: int,
        offered: Sequence[style.Style],
        *,
        last: bool = False,
        mine: bool = False,
        draft_id: str | None = None,
    ) -> InlineKeyboardMarkup:
        """Return a button for each style of a page, numbered like the sheet.

        Args:
            page: counted from 0.
            offered: the styles of all pages.
            last: True if the user has painted before.
            mine: True if the user keeps styles.
            draft_id: the draft to go back to.
        """
        first, shown = styles_of(page, offered)
        buttons = [
            self.button(f"{number} · {title(self.say, one)}", Action.STYLE, one.id)
            for number, one in enumerate(shown, start=first)
        ]
        rows = _pairs(buttons)
        if (count := pages(offered)) > 1:
            rows.append([
                self.button("‹", Action.PAGE, (page - 1) % count),
                self.button(f"{page + 1} / {count}", Action.PAGE, page),
                self.button("›", Action.PAGE, (page + 1) % count),
            ])  # fmt: skip
        more = [self.named("surprise", Action.RANDOM_STYLE, "")]
        if last:
            more.append(self.named("last", Action.LAST_STYLES, ""))
        if mine:
            more.append(self.named("mine", Action.PAGE, "mine"))
        rows.append(more)
        if draft_id:
            rows.append([self.named("back", Action.BACK, "", draft_id)])
        return InlineKeyboardMarkup(rows)

    def kept(self, styles: Sequence[Kept], draft_id: str | None = None) -> InlineKeyboardMarkup:
        """Return a user's own styles, each with a button that removes it."""
        rows = [
            [
                self.button(f"{number} · {style.name}", Action.KEPT_STYLE, style.id),
                self.named("let-go", Action.REMOVE_STYLE, style.id),
            ]
            for number, style in enumerate(styles, start=1)
        ]
        rows.append([self.named("gallery", Action.PAGE, 0)])
        if draft_id:
            rows.append([self.named("back", Action.BACK, "", draft_id)])
        return InlineKeyboardMarkup(rows)

    # Drafts

    def ready(self, draft: Draft, draft_id: str, rules: Rules) -> InlineKeyboardMarkup:
        """Return the controls of a draft. The Paint button is the lowest, near the thumb."""
        rows = self._controls(draft.choices, draft_id, rules)
        own = isinstance(draft.styles[0], Sent)
        pictures = []
        if own and len(draft.styles) == 1:
            pictures.append(self.named("swap", Action.SWAP, mark(draft.styles[0]), draft_id))
        if len(draft.styles) < MAX_PAINTINGS:
            pictures.append(self.named("blend", Action.BLEND, "", draft_id))
        if own:
            pictures.append(self.named("keep", Action.KEEP_STYLE, "", draft_id))
        rows.append(pictures)
        rows.append(
            [
                self.named("other", Action.OTHER_STYLE, "", draft_id),
                self.named("reset", Action.RESET, "", draft_id),
            ]
        )
        rows.append([self.named("paint", Action.PAINT, "", draft_id, style=GO)])
        return InlineKeyboardMarkup([row for row in rows if row])

    def settings(self, choices: Choices, rules: Rules) -> InlineKeyboardMarkup:
        """Return the controls for the next paintings."""
        return InlineKeyboardMarkup(self._controls(choices, SETTINGS, rules))

    def _controls(self, choices: Choices, draft_id: str, rules: Rules) -> list[list[InlineKeyboardButton]]:
        settings = choices.settings(rules)
        rows, single = [], []
        for field, control in CONTROLS.items():
            chosen = control.choice(settings[field])
            if control.in_a_row:
                rows.append([
                    self.button(
                        ("● " if choice == chosen else "") + self._label(control, choice),
                        *(control.action, choice, draft_id),
                    )
                    for choice in control.values(rules)
                ])  # fmt: skip
            else:
                following = control.following(chosen, rules)
                single.append(self.button(self._label(control, chosen), control.action, following, draft_id))
        return rows + _rows(single, 2)

    def _label(self, control: Control, choice: str) -> str:
        return self.say(control.label.format(choice=choice), **{control.name: choice})

    # Jobs

    def under_way(self, job_id: str) -> InlineKeyboardMarkup:
        """Return the one button of a painting in progress."""
        return InlineKeyboardMarkup([[self.named(JobAction.CANCEL, JobAction.CANCEL, job_id, style=DANGER)]])

    def finished(
        self,
        job_id: str,
        draft: Draft,
        *,
        share: str | None = None,
        film: bool = False,
        compared: bool = False,
    ) -> InlineKeyboardMarkup:
        """Return the actions of a painting.

        Args:
            job_id: the id of its job.
            draft: its draft.
            share: the address by which the bot is recommended.
            film: True if there is a film of it.
            compared: True if the message shows it beside its photo.
        """

        def act(action: JobAction, label: str = "") -> InlineKeyboardButton:
            return self.named(label or action, action, job_id)

        colours = "their-colours" if draft.choices.keep_colours else "my-colours"
        files = [
            act(JobAction.PAINTING, label="painting-only") if compared else act(JobAction.COMPARE),
            act(JobAction.FILE),
        ]
        if film:
            files.append(act(JobAction.FILM))
        last = [] if compared else [act(JobAction.NEXT)]
        if share:
            last.append(InlineKeyboardButton(self.say("button-share"), url=share))
        return InlineKeyboardMarkup(
            [
                [act(JobAction.SOFTER), act(JobAction.AGAIN), act(JobAction.STRONGER)],
                [act(JobAction.OTHER), act(JobAction.COLOURS, label=colours), act(JobAction.BIGGER)],
                files,
                [*last, act(JobAction.DELETE)],
            ]
        )

    def ended(self, job_id: str) -> InlineKeyboardMarkup:
        """Return the actions of a painting that was cancelled or failed."""
        return InlineKeyboardMarkup(
            [
                [
                    self.named("retry", JobAction.AGAIN, job_id),
                    self.named(JobAction.OTHER, JobAction.OTHER, job_id),
                ]
            ]
        )

    # The user

    def languages(self) -> InlineKeyboardMarkup:
        """Return every language by its own name, and Telegram's choice."""
        rows = _rows(
            [
                self.button(
                    ("● " if language == self.say.language else "") + texts(language)("language-name"),
                    Action.LANGUAGE,
                    language,
                )
                for language in LANGUAGES
            ],
            2,
        )
        return InlineKeyboardMarkup([*rows, [self.named("as-telegram", Action.LANGUAGE, "")]])

    def sure(self, action: Action, yes: str, no: str) -> InlineKeyboardMarkup:
        """Return the two answers to a question before something that cannot be undone."""
        return InlineKeyboardMarkup(
            [[self.named(yes, action, "yes", style=DANGER), self.named(no, action, "no")]]
        )

    def stops(self, jobs: Sequence[tuple[str, int]]) -> InlineKeyboardMarkup:
        """Return a numbered button for each painting in progress that cancels it."""
        return InlineKeyboardMarkup(
            _rows(
                [
                    self.button(
                        self.say("button-cancel-number", number=number),
                        JobAction.CANCEL,
                        job_id,
                        style=DANGER,
                    )
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
