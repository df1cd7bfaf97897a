"""Errors that are answered: to the bot in Telegram's words, to a user in a plain sentence."""

from bot.i18n import Texts, texts

NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)
"""Telegram's words for an edit that changes nothing."""
QUERY_TOO_OLD = "query is too old and response timeout expired or query ID is invalid"
"""Telegram's words for a callback query that can no longer be answered."""


class ApiError(Exception):
    """An answer {"ok": false} of the Bot API; HTTP status and `error_code` are the same number."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        """Keep the code, the description and the fields of Telegram's ResponseParameters."""
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


class BadRequest(ApiError):  # noqa: N818 - Telegram's own name
    """The call cannot be carried out as it is."""

    def __init__(self, reason: str) -> None:
        """Put Telegram's prefix before the reason."""
        super().__init__(400, f"Bad Request: {reason}")


class TooManyRequests(ApiError):  # noqa: N818 - the same
    """The bot exceeds a flood limit."""

    def __init__(self, retry_after: int) -> None:
        """Tell the bot to wait for `retry_after` seconds."""
        super().__init__(429, f"Too Many Requests: retry after {retry_after}", retry_after=retry_after)
        self.retry_after = retry_after


class Migrated(ApiError):  # noqa: N818 - the same
    """The group became a supergroup, which has another id."""

    def __init__(self, to: int) -> None:
        """Name the supergroup's id."""
        reason = "Bad Request: group chat was upgraded to a supergroup chat"
        super().__init__(400, reason, migrate_to_chat_id=to)


class Refusal(Exception):  # noqa: N818 - a refused request is not an error of the program
    """Something that a user cannot do in the chat, with a sentence that says so."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        """Keep the sentence, and the HTTP status under which the page gets it."""
        super().__init__(sentence)
        self.sentence = sentence
        self.status = status

    def said(self, _say: Texts) -> str:
        """Return the sentence; in English where only a program can meet it."""
        return self.sentence


class Refused(Refusal):
    """A refusal that the page's user can meet: the text ``page-refused-KEY``, in the page's language."""

    def __init__(self, key: str, status: int = 400, **values: str | int) -> None:
        """Keep the key of the text, and its values."""
        self._key, self._values = f"page-refused-{key}", values
        super().__init__(self.said(texts()), status)

    def said(self, say: Texts) -> str:
        """Return the sentence in a language."""
        return say(self._key, **self._values)
