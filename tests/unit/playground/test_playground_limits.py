import pytest

from bot.playground.conditions.faults import Fault, Faults
from bot.playground.conditions.flood import FloodLimits
from bot.playground.errors import BadRequest, Refusal, TooManyRequests
from bot.playground.methods.reply_markup import inline_keyboard
from bot.playground.params import Params
from bot.playground.upload import clean_name


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_chat_has_a_burst_and_then_one_message_a_second(clock: Clock) -> None:
    flood = FloodLimits(chat_burst=3, clock=clock)
    for _ in range(3):
        flood.take(1)
    with pytest.raises(TooManyRequests) as caught:
        flood.take(1)
    assert caught.value.retry_after == 1
    assert caught.value.description == "Too Many Requests: retry after 1"
    clock.now = 1.0
    flood.take(1)


def test_one_chat_does_not_slow_another(clock: Clock) -> None:
    flood = FloodLimits(chat_burst=1, clock=clock)
    flood.take(1)
    flood.take(2)


def test_thirty_messages_a_second_are_the_most_for_all_chats(clock: Clock) -> None:
    flood = FloodLimits(clock=clock)
    for chat in range(30):
        flood.take(chat)
    with pytest.raises(TooManyRequests):
        flood.take(31)
    clock.now = 0.1
    flood.take(31)


def test_an_album_counts_every_message_and_a_refused_one_counts_nothing(clock: Clock) -> None:
    flood = FloodLimits(chat_burst=10, clock=clock)
    flood.take(1, 6)
    with pytest.raises(TooManyRequests) as caught:
        flood.take(1, 6)
    assert caught.value.retry_after == 2
    flood.take(1, 4)


def test_an_album_larger_than_the_burst_goes_through_a_full_bucket(clock: Clock) -> None:
    FloodLimits(chat_burst=3, clock=clock).take(1, 10)


def test_a_fault_hits_its_method_as_often_as_it_says_after_those_it_skips() -> None:
    faults = Faults()
    fault = faults.add(Fault("send*", code=500, times=2, skip=1))
    assert faults.take("getUpdates", None) is None
    assert [faults.take("sendPhoto", 1) for _ in range(4)] == [None, fault, fault, None]
    assert not faults.active


def test_a_fault_can_be_for_one_chat_and_for_ever() -> None:
    faults = Faults()
    fault = faults.add(Fault(times=None, chat_id=7, drop=True))
    assert [faults.take("sendMessage", chat) for chat in (7, 8, 7)] == [fault, None, fault]
    faults.clear()
    assert faults.take("sendMessage", 7) is None


@pytest.mark.parametrize(
    ("data", "word"),
    [
        ({"methd": "x"}, "methd"),
        ({"code": 999}, "999"),
        ({"times": -1}, "times"),
        ({"latency": "x"}, "latency"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(data: dict[str, object], word: str) -> None:
    with pytest.raises(Refusal, match=word):
        Fault.of(data)


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


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("photo.jpg", "photo.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\win.ini", "win.ini"),
        ("a\r\nSet-Cookie: x.png", "aSet-Cookie x.png"),
        ("..", ""),
        ("Ночь 🎨.png", "Ночь 🎨.png"),
        ("x" * 300 + ".jpeg", "x" * 115 + ".jpeg"),
    ],
)
def test_a_file_name_is_only_a_name(name: str, clean: str) -> None:
    assert clean_name(name) == clean
