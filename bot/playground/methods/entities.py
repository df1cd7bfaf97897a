"""Formatting: HTML to plain text with entities, as TDLib parses it, with its error messages.

Offsets and lengths of entities count UTF-16 units; positions in error messages count UTF-8 bytes.
"""

import re
from html import unescape
from typing import NamedTuple

from bot.playground.errors import BadRequest
from bot.playground.types import Json

TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "code": "code",
    "pre": "pre",
    "a": "text_link",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "blockquote": "blockquote",
}
"""Entity types by HTML tag."""
PIECE = re.compile(r"<(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>?|[^<]+")
"""A tag, or the text between two tags."""
START_TAG = re.compile(r"<([^\s>/]+)((?:\s+[^\s=>]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s>]+))?)*)\s*>")
"""A start tag with its attributes."""
END_TAG = re.compile(r"</([^\s>]*)\s*>")
"""An end tag."""
ATTRIBUTE = re.compile(r"([^\s=>]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+)))?")
"""An attribute of a start tag."""
CHARACTER = re.compile(r"&(?:lt|gt|amp|quot|#\d+|#x[0-9a-fA-F]+);")
"""The only character references that Telegram knows; every other "&…;" stays as it is."""
FOUND = {
    "bot_command": re.compile(r"(?<![\w/@<>])/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?(?![\w/])"),
    "url": re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)']"),
    "mention": re.compile(r"(?<!\w)@[A-Za-z]\w{3,31}\b"),
    "hashtag": re.compile(r"(?<!\w)#\w*[^\W\d]\w*"),
}
"""Patterns of the entities that Telegram finds in every text, by type.

A command ends at whitespace or at another sign.
"""


class Formatted(NamedTuple):
    """A plain text with its entities."""

    text: str
    entities: list[Json]

    def fields(self, text: str, entities: str) -> Json:
        """Return the two fields of a message, by the given names, without those that are empty."""
        fields: Json = {text: self.text} if self.text else {}
        return fields | {entities: self.entities} if self.entities else fields


class _Open(NamedTuple):
    tag: str
    attributes: dict[str, str]
    offset: int


def units(text: str) -> int:
    """Return a text's length in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def formatted(text: str, parse_mode: str = "", given: list[Json] | None = None) -> Formatted:
    """Parse a text in the given mode, or check the given entities; then strip it and add what Telegram finds.

    Raises:
        BadRequest: it cannot be parsed; in TDLib's words.
    """
    mode = parse_mode.lower()
    if mode in ("", "none"):
        parsed = Formatted(text, [_checked(entity) for entity in given or []])
    elif mode == "html":
        parsed = parse_html(text)
    else:
        raise BadRequest("unsupported parse_mode")
    return with_found(trimmed(parsed))


def parse_html(text: str) -> Formatted:
    """Parse HTML.

    Raises:
        BadRequest: it cannot be parsed; in TDLib's words.
    """
    plain = ""
    offset = position = 0
    opened: list[_Open] = []
    entities: list[Json] = []
    for piece in PIECE.findall(text):
        at = len(text[:position].encode())
        position += len(piece)
        if not piece.startswith("<"):
            words = CHARACTER.sub(lambda match: unescape(match.group()), piece)
            plain += words
            offset += units(words)
        elif piece.startswith("</"):
            entities += _close(piece, opened, offset, at)
        else:
            opened.append(_open(piece, offset, at))
    if opened:
        raise _cannot_parse(f'Can\'t find end tag corresponding to start tag "{opened[-1].tag}"')
    return Formatted(
        plain, sorted(_merged(entities), key=lambda entity: (entity["offset"], -entity["length"]))
    )


def trimmed(formatted: Formatted) -> Formatted:
    """Strip the blank ends of a text, as Telegram does, and move the entities along."""
    text, entities = formatted
    cut = units(text) - units(text.lstrip())
    end = units(text.strip())
    kept = []
    for entity in entities:
        start = max(entity["offset"] - cut, 0)
        stop = min(entity["offset"] + entity["length"] - cut, end)
        if stop > start:
            kept.append(entity | {"offset": start, "length": stop - start})
    return Formatted(text.strip(), kept)


def with_found(formatted: Formatted) -> Formatted:
    """Add commands, links, mentions and hashtags as entities, except inside code and links."""
    text, entities = formatted
    taken = [
        entity for entity in entities if entity["type"] in ("code", "pre", "text_link", "url", "bot_command")
    ]
    found: list[Json] = []
    for kind, pattern in FOUND.items():
        for match in pattern.finditer(text):
            entity = {"type": kind, "offset": units(text[: match.start()]), "length": units(match.group())}
            if not any(_overlap(entity, other) for other in [*taken, *found]):
                found.append(entity)
    return Formatted(
        text, sorted([*entities, *found], key=lambda entity: (entity["offset"], -entity["length"]))
    )


def _checked(entity: Json) -> Json:
    if not isinstance(entity.get("type"), str):
        raise BadRequest("can't parse MessageEntity: Can't find field \"type\"")
    for name in ("offset", "length"):
        if type(entity.get(name)) is not int or entity[name] < 0:
            raise BadRequest(f'can\'t parse MessageEntity: Field "{name}" must be of type Number')
    return entity


def _open(piece: str, offset: int, at: int) -> _Open:
    tag = re.split(r"[\s>]", piece[1:], maxsplit=1)[0].lower()
    if len(tag) + 1 == len(piece):
        raise _cannot_parse(f"Unclosed start tag at byte offset {at}")
    if tag not in TAGS:
        raise _cannot_parse(f'Unsupported start tag "{tag}" at byte offset {at}')
    match = START_TAG.fullmatch(piece)
    if not match:
        raise _cannot_parse(f'Unexpected end of attributes in the tag "{tag}" at byte offset {at}')
    attributes = {key.lower(): unescape(a or b or c) for key, a, b, c in ATTRIBUTE.findall(match.group(2))}
    if tag == "span" and attributes.get("class") != "tg-spoiler":
        raise _cannot_parse(f'Tag "span" must have class "tg-spoiler" at byte offset {at}')
    return _Open(tag, attributes, offset)


def _close(piece: str, opened: list[_Open], offset: int, at: int) -> list[Json]:
    if not opened:
        raise _cannot_parse(f"Unexpected end tag at byte offset {at}")
    match = END_TAG.fullmatch(piece)
    if not match:
        raise _cannot_parse(f"Unclosed end tag at byte offset {at}")
    start, found = opened.pop(), match.group(1).lower()
    if found and found != start.tag:
        raise _cannot_parse(
            f'Unmatched end tag at byte offset {at}, expected "</{start.tag}>", found "</{found}>"'
        )
    entity: Json = {"type": TAGS[start.tag], "offset": start.offset, "length": offset - start.offset}
    language = start.attributes.get("class", "").removeprefix("language-")
    if start.tag == "a":
        entity["url"] = start.attributes.get("href", "")
    elif start.tag == "code" and language:
        entity["language"] = language
    elif start.tag == "blockquote" and "expandable" in start.attributes:
        entity["type"] = "expandable_blockquote"
    # A link that leads nowhere is dropped without a word.
    return [entity] if entity["length"] and entity.get("url", "x") else []


def _merged(entities: list[Json]) -> list[Json]:
    """Join <pre><code class="language-x"> to one block with a language; drop languages elsewhere."""
    blocks = {(entity["offset"], entity["length"]): entity for entity in entities if entity["type"] == "pre"}
    merged = []
    for entity in entities:
        language = entity.pop("language", "") if entity["type"] == "code" else ""
        block = blocks.get((entity["offset"], entity["length"])) if entity["type"] == "code" else None
        if block is None:
            merged.append(entity)
        elif language:
            block["language"] = language
    return merged


def _overlap(one: Json, other: Json) -> bool:
    return bool(
        one["offset"] < other["offset"] + other["length"] and other["offset"] < one["offset"] + one["length"]
    )


def _cannot_parse(reason: str) -> BadRequest:
    return BadRequest(f"can't parse entities: {reason}")
