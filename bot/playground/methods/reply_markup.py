"""Inline keyboards, checked as Telegram checks them."""

from bot.playground.errors import BadRequest
from bot.playground.params import Params
from bot.playground.types import Json

MAX_DATA = 64
"""Bytes of a button's callback data."""
MAX_BUTTONS = 100
"""Buttons of one keyboard."""
STYLES = ("", "default", "primary", "success", "danger")
"""Styles of a button."""
ACTIONS = (
    "url",
    "callback_data",
    "callback_game",
    "pay",
    "switch_inline_query",
    "switch_inline_query_chosen_chat",
    "switch_inline_query_current_chat",
    "login_url",
    "web_app",
    "copy_text",
)
"""Fields of which a button has exactly one."""


def inline_keyboard(params: Params) -> Json | None:
    """Return the inline keyboard of a call; None if there is none.

    Other kinds of keyboards are accepted, and not part of a message.

    Raises:
        BadRequest: Telegram would refuse it; in its words.
    """
    markup = params.json("reply_markup", "reply keyboard markup")
    if not markup:
        return None
    if not isinstance(markup, dict):
        raise BadRequest("object expected as reply markup")
    rows = markup.get("inline_keyboard")
    if rows is None:
        return None
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise BadRequest('field "inline_keyboard" must be an Array of Arrays')
    keyboard = [[_button(button) for button in row] for row in rows if row]
    if sum(map(len, keyboard)) > MAX_BUTTONS:
        raise BadRequest("reply markup is too long")
    return {"inline_keyboard": keyboard} if keyboard else None


def _button(button: object) -> Json:
    if not isinstance(button, dict):
        raise BadRequest("can't parse inline keyboard button: InlineKeyboardButton must be an Object")
    text, style = button.get("text"), button.get("style", "")
    if not isinstance(text, str):
        raise BadRequest("can't parse inline keyboard button: Can't find field \"text\"")
    if style not in STYLES:
        raise BadRequest("can't parse inline keyboard button: invalid button style specified")
    action = next((name for name in ACTIONS if _has_action(name, button.get(name))), None)
    if action is None:
        raise BadRequest(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    value = button[action]
    if action == "callback_data" and (not isinstance(value, str) or len(value.encode()) > MAX_DATA):
        raise BadRequest("BUTTON_DATA_INVALID")
    if not text.strip():
        raise BadRequest("BUTTON_TEXT_INVALID")
    if action == "url" and ("." not in str(value) and "://" not in str(value)):
        raise BadRequest(f"inline keyboard button URL '{value}' is invalid: Wrong HTTP URL")
    extras = {name: button[name] for name in ("style", "icon_custom_emoji_id") if button.get(name)}
    return {"text": text, action: value} | extras


def _has_action(action: str, value: object) -> bool:
    """True if a button has this action; an inline query may be empty."""
    return value is not None and (value != "" or action.startswith("switch_inline_query"))
