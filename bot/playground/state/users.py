"""The users who chat with the bot."""

from itertools import count

from bot.playground.errors import Refused
from bot.playground.state.store import Store
from bot.playground.types import Json, dumps

YOU = 1001
"""The id of the user who is there from the start."""
NAME = "Alex"
"""The name of that one, until the page is opened in another language."""
COLORS = ("#3390ec", "#e17076", "#7bc862", "#a695e7", "#ee7aae", "#e5a64e", "#6ec9cb", "#65aadd")
"""Colours of the users' pictures, in turn."""
MAX_NAME = 64
"""Characters of a user's name."""


class Users:
    """The users by id, which is also the id of their private chat with the bot."""

    def __init__(self, store: Store) -> None:
        """Keep them in the store; add the first user to an empty one."""
        self._store = store
        if not self.ids():
            self.add(NAME)

    def ids(self) -> list[int]:
        """Return all ids, in order."""
        return [person_id for (person_id,) in self._store.rows("SELECT id FROM person ORDER BY id")]

    def get(self, person_id: int) -> Json | None:
        """Return a user as Telegram's User; None if there is no such user."""
        person = self._row(person_id)
        return person and {
            "id": person["id"],
            "is_bot": False,
            "first_name": person["first_name"],
            "language_code": person["language_code"],
        }

    def cards(self) -> list[Json]:
        """Return all users as the page shows them."""
        people = self._store.documents("SELECT body FROM person ORDER BY id")
        shown = ("id", "first_name", "language_code", "color")
        return [{key: person[key] for key in shown} for person in people]

    def add(self, first_name: str, language_code: str = "en") -> Json:
        """Add a user, and return the stored document.

        Raises:
            Refusal: the name is empty or too long.
        """
        first_name = " ".join(first_name.split())
        if not first_name or len(first_name) > MAX_NAME:
            raise Refused("name", most=MAX_NAME)
        taken = self.ids()
        person_id = next(number for number in count(max([YOU - 1, *taken]) + 1))
        person = {
            "id": person_id,
            "first_name": first_name,
            "language_code": language_code,
            "color": COLORS[(person_id - YOU) % len(COLORS)],
            "started": False,
            "blocked": False,
        }
        self._store.run("INSERT INTO person VALUES (?, ?)", person_id, dumps(person))
        return person

    def introduce(self, person_id: int, first_name: str, language_code: str) -> None:
        """Give a user who has not written yet another name and language."""
        person = self._row(person_id)
        if person and not person["started"]:
            self._put(person | {"first_name": first_name, "language_code": language_code})

    def has_started(self, person_id: int) -> bool:
        """True if the user has written before; until then the chat does not exist for the bot."""
        return self._is(person_id, "started")

    def has_blocked(self, person_id: int) -> bool:
        """True if the user has blocked the bot."""
        return self._is(person_id, "blocked")

    def mark(self, person_id: int, **flags: bool) -> None:
        """Set the flags `started` and `blocked` of a user."""
        if person := self._row(person_id):
            self._put(person | flags)

    def _put(self, person: Json) -> None:
        self._store.run("UPDATE person SET body = ? WHERE id = ?", dumps(person), person["id"])

    def _is(self, person_id: int, flag: str) -> bool:
        person = self._row(person_id)
        return bool(person and person[flag])

    def _row(self, person_id: int) -> Json | None:
        return self._store.document("SELECT body FROM person WHERE id = ?", person_id)


def private_chat(user: Json) -> Json:
    """Return a user's chat with the bot as Telegram's Chat."""
    return {"id": user["id"], "first_name": user["first_name"], "type": "private"}
