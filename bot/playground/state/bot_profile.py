"""The bot's profile: commands, names and descriptions, kept by scope and language."""

from collections.abc import Callable, Sequence
from typing import Any

from bot.playground.state.store import Store
from bot.playground.types import Json, dumps


class BotProfile:
    """Tables in the store, by name, such as ``commands`` or ``description``."""

    def __init__(self, store: Store, on_change: Callable[[], None]) -> None:
        """Keep the tables in the store, and call `on_change` after every change."""
        self._store = store
        self._on_change = on_change

    def get(self, name: str, key: str) -> Any:
        """Return an entry of a table; None if it was never set."""
        return self._store.setting(name, {}).get(key)

    def set(self, name: str, key: str, value: object) -> None:
        """Set an entry of a table; None removes it."""
        table: Json = self._store.setting(name, {})
        table.pop(key, None)
        if value is not None:
            table[key] = value
        self._store.set(name, table)
        self._on_change()

    def text(self, name: str, language: str) -> str:
        """Return a text in a language, else the text for all languages, else ""."""
        text: str = self.get(name, language) or self.get(name, "") or ""
        return text

    def commands(self, language: str, scopes: Sequence[Json]) -> list[Json]:
        """Return the commands of the first scope that has any, in the language or else for all languages."""
        for scope in scopes:
            for code in (language, ""):
                if commands := self.get("commands", command_key(code, scope)):
                    found: list[Json] = commands
                    return found
        return []


def command_key(language: str, scope: Json) -> str:
    """Return the key of the commands of a BotCommandScope in a language."""
    return dumps({"language": language, **dict(sorted(scope.items()))})
