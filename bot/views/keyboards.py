"""Inline keyboards. :mod:`bot.conversation.callback_data` has the format of the buttons' data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, SwitchInlineQueryChosenChat

from bot.conversation import CONTROLS, MAX_PAINTINGS, Choices, Control, Draft, Kept, Rules, Sent, Style, mark
from bot.conversation.callback_data import SETTINGS, Action, JobAction, owned, written
from bot.conversation.style_titles import title
from bot.i18n import LANGUAGES, Texts, texts
from bot.views.captions import invitation, size_name
from bot.views.images import pages, styles_of
from engine.styles import style

GO: Final = "success"
DANGER: Final = "danger"
_HALF: Final = 26
"""Characters that a phone shows on a button which shares its row."""
MAX_CHOICES: Final = 8
"""Buttons below a draft, at most."""


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
            before, after = (page - 1) % count, (page + 1) % count
            turn = [self.button(f"{after + 1} / {count} ›", Action.PAGE, after)]
            if before != after:
                turn.insert(0, self.button(f"‹ {before + 1} / {count}", Action.PAGE, before))
            rows.append(turn)
        more = [self.named("surprise", Action.RANDOM_STYLE, "")]
        if last:
            more.append(self.named("last", Action.LAST_STYLES, ""))
        if mine:
            more.append(self.named("mine", Action.PAGE, "mine"))
        more.append(self.named("back", Action.BACK, "", draft_id) if draft_id else self._adjust(""))
        rows += _rows(more, 2)
        return InlineKeyboardMarkup(rows)

    def suggestions(self, titles: Mapping[str, str]) -> InlineKeyboardMarkup:
        """Return a button for each of a few styles, by their ids, and one for all styles.

        The id of one of the user's own begins with its action.
        """
        rows = []
        for style_id, label in titles.items():
            action, _, kept = style_id.rpartition(":")
            rows.append([self.button(label, action or Action.STYLE, kept)])
        return InlineKeyboardMarkup([*rows, [self.named("gallery", Action.PAGE, 0)]])

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

    def question(self, draft: Draft, draft_id: str) -> InlineKeyboardMarkup:
        """Return the answers to the question what several pictures are."""
        rows = [[self.named("paint", Action.PAINT, "", draft_id, style=GO)]]
        if len(draft.styles) == 1 and isinstance(draft.styles[0], Sent):
            new_photo = self.named("new-photo", Action.NEW_PHOTO, "", draft_id)
            rows.append([self._swap(draft, draft_id), new_photo])
        return InlineKeyboardMarkup([*rows, [self._adjust(draft_id)]])

    def choices(
        self, draft: Draft, draft_id: str, rules: Rules, seconds: float | None = None
    ) -> InlineKeyboardMarkup:
        """Return the choices of a draft. The Paint button is the lowest, near the thumb.

        What else is to be done with the pictures comes first; as many controls as there is room for are
        above it, and /settings has all of them.
        """
        pictures = []
        if len(draft.styles) < MAX_PAINTINGS:
            pictures.append(self.named("blend", Action.BLEND, "", draft_id))
        if isinstance(draft.styles[0], Sent) and len(draft.styles) == 1:
            pictures.append(self._swap(draft, draft_id))
        if draft.keepable:
            pictures.append(self.named("keep", Action.KEEP_STYLE, "", draft_id))
        room = MAX_CHOICES - len(pictures) - len(("paint",))
        controls = self._controls(draft.choices, draft_id, rules, seconds)[:room]
        paint = self.named("paint", Action.PAINT, "", draft_id, style=GO)
        return InlineKeyboardMarkup([row for row in (*_rows(controls, 2), pictures, [paint]) if row])

    def settings(self, choices: Choices, rules: Rules, seconds: float | None = None) -> InlineKeyboardMarkup:
        """Return the choices for the next paintings, and the way to the styles."""
        rows = _rows(self._controls(choices, SETTINGS, rules, seconds), 2)
        return InlineKeyboardMarkup([*rows, [self.named("gallery", Action.PAGE, 0)]])

    def _swap(self, draft: Draft, draft_id: str) -> InlineKeyboardButton:
        return self.named("swap", Action.SWAP, mark(draft.styles[0]), draft_id)

    def _adjust(self, draft_id: str) -> InlineKeyboardButton:
        values = ("", draft_id) if draft_id else ("",)
        return self.named("adjust", Action.ADJUST, *values)

    def _controls(
        self, choices: Choices, draft_id: str, rules: Rules, seconds: float | None
    ) -> list[InlineKeyboardButton]:
        """Return a button for each control: it shows what is chosen, and a tap goes to the next choice."""
        settings = choices.settings(rules)
        buttons = []
        for field, control in CONTROLS.items():
            chosen = control.choice(settings[field])
            following = control.following(chosen, rules)
            label = self._label(control, chosen, seconds)
            buttons.append(self.button(label, control.action, following, draft_id))
        return buttons

    def _label(self, control: Control, choice: str, seconds: float | None) -> str:
        if callable(control.choices):  # a size: by its name, with the time that it takes
            size = size_name(self.say, int(choice))
            time = "none" if seconds is None else self.say.brief(seconds, step=5)
            return self.say(control.label, **{control.name: size, "time": time})
        return self.say(control.label.format(choice=choice), **{control.name: choice})

    # Jobs

    def under_way(self, job_id: str) -> InlineKeyboardMarkup:
        """Return the one button of a painting in progress."""
        return InlineKeyboardMarkup([[self.named(JobAction.CANCEL, JobAction.CANCEL, job_id, style=DANGER)]])

    def finished(self, job_id: str) -> InlineKeyboardMarkup:
        """Return the first actions of a painting: few enough to leave a phone's screen to the picture."""
        return self._acts(
            job_id,
            (JobAction.SOFTER, JobAction.AGAIN, JobAction.STRONGER),
            (JobAction.OTHER, JobAction.ADJUST, JobAction.MORE),
        )

    def more(
        self,
        job_id: str,
        draft: Draft,
        *,
        share: str | SwitchInlineQueryChosenChat | None = None,
        film: bool = False,
        larger: bool = False,
        report: bool = False,
    ) -> InlineKeyboardMarkup:
        """Return the other actions of a painting.

        Args:
            job_id: the id of its job.
            draft: its draft.
            share: the query that posts the painting in another chat, or the address that recommends the bot.
            film: True if there is a film of it.
            larger: True if it can be painted larger.
            report: True if there are admins to report it to.
        """
        actions = [
            JobAction.COMPARE,
            JobAction.FILE,
            *([JobAction.FILM] if film else []),
            *([] if draft.covered else [JobAction.STICKER]),  # no spoiler hides a sticker
            *([JobAction.BIGGER] if larger else []),
            JobAction.NEXT,
            *([JobAction.KEEP] if draft.keepable else []),
        ]
        buttons = [self.named(action, action, job_id) for action in actions]
        if isinstance(share, str):
            buttons.append(InlineKeyboardButton(self.say("button-share"), url=share))
        elif share:
            label = self.say("button-share")
            buttons.append(InlineKeyboardButton(label, switch_inline_query_chosen_chat=share))
        if report:
            buttons.append(self.named(JobAction.REPORT, JobAction.REPORT, job_id))
        buttons.append(self.named(JobAction.DELETE, JobAction.DELETE, job_id))
        return InlineKeyboardMarkup([*_rows(buttons, 2), [self.named("back", JobAction.LESS, job_id)]])

    def film(self, job_id: str) -> InlineKeyboardMarkup:
        """Return the button below a painting's film."""
        return self._acts(job_id, (JobAction.STORY,))

    def compared(self, job_id: str) -> InlineKeyboardMarkup:
        """Return the way back from photo and painting side by side."""
        return InlineKeyboardMarkup([[self.named("back", JobAction.PAINTING, job_id)]])

    def delete(self, job_id: str) -> InlineKeyboardMarkup:
        """Return the two answers to whether a painting is to be deleted."""
        yes = self.named(JobAction.ERASE, JobAction.ERASE, job_id, style=DANGER)
        return InlineKeyboardMarkup([[yes, self.named("back", JobAction.MORE, job_id)]])

    def report(self, job_id: str, message: int) -> InlineKeyboardMarkup:
        """Return the button that confirms a report of a painting in this message."""
        return InlineKeyboardMarkup([[self.named(JobAction.FLAG, JobAction.FLAG, job_id, message)]])

    def reported(self, job_id: str, message: int, user: int | None) -> InlineKeyboardMarkup:
        """Return what an admin can do about a reported painting.

        Args:
            job_id: the id of its job.
            message: the message of its chat that was reported; 0 if that is unknown.
            user: who may be banned for it; None if nobody may.
        """
        rows = [[self.named("withdraw", Action.WITHDRAW, job_id, message)]]
        if user is not None:
            ban = self.button(self.say("button-ban", user=str(user)), Action.BAN, user, style=DANGER)
            rows.append([ban])
        return InlineKeyboardMarkup(rows)

    def ended(self, job_id: str) -> InlineKeyboardMarkup:
        """Return the actions of a painting that was cancelled or failed."""
        retry = self.named("retry", JobAction.AGAIN, job_id)
        return InlineKeyboardMarkup([[retry, self.named(JobAction.OTHER, JobAction.OTHER, job_id)]])

    def held(self, job_id: str, link: str | None = None) -> InlineKeyboardMarkup:
        """Return the ways to a painting that could not be sent: again here, or by a link in private."""
        rows = [[self.named(JobAction.SHOW, JobAction.SHOW, job_id)]]
        if link:
            rows.append([InlineKeyboardButton(self.say("button-show-private"), url=link)])
        return InlineKeyboardMarkup(rows)

    def _acts(self, job_id: str, *rows: Sequence[JobAction]) -> InlineKeyboardMarkup:
        return InlineKeyboardMarkup([[self.named(each, each, job_id) for each in row] for row in rows])

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

    def stops(
        self, jobs: Sequence[tuple[str, int]], held: Sequence[tuple[str, int]] = ()
    ) -> InlineKeyboardMarkup:
        """Return a numbered button for each painting in progress that cancels it.

        Those that are ``held``, as they could not be sent, have one that sends them.
        """
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
            + _rows(
                [
                    self.button(self.say("button-send", number=number), JobAction.SEND, job_id)
                    for job_id, number in held
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


def paint_mine(say: Texts, bot: str, style: Style) -> InlineKeyboardMarkup:
    """Return the button below a painting in a chat of others: it leads to the bot, and brings the style."""
    button = InlineKeyboardButton(say("button-paint-mine"), url=invitation(bot, style))
    return InlineKeyboardMarkup([[button]])


def private_chat(say: Texts, bot: str) -> InlineKeyboardMarkup:
    """Return the button that leads to the private chat."""
    return InlineKeyboardMarkup([[InlineKeyboardButton(say("button-private"), url=f"https://t.me/{bot}")]])
