"""Inline keyboards, as Telegram checks them."""

import pytest

from bot.playground.errors import BadRequest
from bot.playground.methods.reply_markup import inline_keyboard
from bot.playground.params import Params


def keyboard(*buttons: object) -> Params:
    return Params({"reply_markup": {"inline_keyboard": [list(buttons)]}})


def test_a_keyboard_keeps_what_telegram_keeps() -> None:
    button = {"text": "Go", "callback_data": "x", "style": "success", "unknown": 1}
    assert inline_keyboard(keyboard(button)) == {
        "inline_keyboard": [[{"text": "Go", "callback_data": "x", "style": "success"}]]
    }


def test_other_keyboards_and_empty_ones_are_not_part_of_a_message() -> None:
    assert inline_keyboard(Params({"reply_markup": '{"remove_keyboard": true}'})) is None
    assert inline_keyboard(Params({"reply_markup": '{"inline_keyboard": []}'})) is None
    assert inline_keyboard(Params({})) is None


@pytest.mark.parametrize(
    ("button", "reason"),
    [
        ({"text": "x", "callback_data": "é" * 33}, "BUTTON_DATA_INVALID"),
        (
            {"text": "x"},
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        (
            {"text": "x", "callback_data": ""},
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        ({"callback_data": "x"}, "can't parse inline keyboard button: Can't find field \"text\""),
        ("x", "can't parse inline keyboard button: InlineKeyboardButton must be an Object"),
        (
            {"text": "x", "callback_data": "x", "style": "pink"},
            "can't parse inline keyboard button: invalid button style specified",
        ),
        ({"text": "x", "url": "nowhere"}, "inline keyboard button URL 'nowhere' is invalid: Wrong HTTP URL"),
    ],
)
def test_broken_buttons_are_refused_in_telegrams_words(button: object, reason: str) -> None:
    with pytest.raises(BadRequest) as caught:
        inline_keyboard(keyboard(button))
    assert caught.value.description == f"Bad Request: {reason}"


def test_a_hundred_buttons_are_the_most() -> None:
    with pytest.raises(BadRequest, match="reply markup is too long"):
        inline_keyboard(keyboard(*({"text": "x", "callback_data": "x"} for _ in range(101))))


def test_markup_that_is_no_json_is_refused() -> None:
    with pytest.raises(BadRequest, match="can't parse reply keyboard markup JSON object"):
        inline_keyboard(Params({"reply_markup": "{"}))
