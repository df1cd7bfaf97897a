"""The two ways to say no: to the bot in Telegram's words, to a person in plain ones."""

NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)
QUERY_TOO_OLD = "query is too old and response timeout expired or query ID is invalid"


class ApiError(Exception):
    """An answer {"ok": false} of the Bot API; HTTP status and `error_code` are the same number."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


class BadRequest(ApiError):  # noqa: N818 - Telegram's own name
    def __init__(self, reason: str) -> None:
        super().__init__(400, f"Bad Request: {reason}")


class TooManyRequests(ApiError):  # noqa: N818 - the same
    def __init__(self, retry_after: int) -> None:
        super().__init__(429, f"Too Many Requests: retry after {retry_after}", retry_after=retry_after)
        self.retry_after = retry_after


class Migrated(ApiError):  # noqa: N818 - the same
    def __init__(self, to: int) -> None:
        reason = "Bad Request: group chat was upgraded to a supergroup chat"
        super().__init__(400, reason, migrate_to_chat_id=to)


class Refusal(Exception):  # noqa: N818 - a no to a person is not an error of the program
    """Something that a person cannot do in the chat, with a sentence for them."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.status = status
