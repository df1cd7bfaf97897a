"""Messages of users besides texts, pictures and files: recordings, places, contacts and polls."""

import secrets

from bot.playground import media
from bot.playground.errors import Refusal
from bot.playground.state.files import Files, as_document
from bot.playground.types import Json
from bot.playground.upload import Upload

RECORDINGS = {
    "voice": ("voice.ogg", "audio/ogg", ("duration",)),
    "audio": ("music.mp3", "audio/mpeg", ("duration", "performer", "title")),
    "video": ("film.mp4", "video/mp4", ("width", "height", "duration")),
    "video_note": ("note.mp4", "video/mp4", ("length", "duration")),
    "animation": ("animation.mp4", "video/mp4", ("width", "height", "duration")),
}
"""Default name, media type, and the facts that a user's app reports, by kind."""
LEFT_OUT = {
    "voice": ("file_name", "thumbnail"),
    "video_note": ("file_name", "mime_type"),
}
"""Fields that Telegram omits, by kind."""
MAX_QUESTION = 300
"""Characters of a poll's question."""
OPTIONS = range(1, 13)
"""Possible numbers of a poll's options."""


async def recording(
    files: Files, person: int, kind: str, data: bytes, name: str, facts: Json, thumbnail: bytes | None
) -> Json:
    """Store a recording, and return its field of a message.

    A user's app measures what it sends; `facts` are its measurements. For a film they may be left out.

    Raises:
        Refusal: there is no such kind, or a fact is missing or unknown.
    """
    if kind not in RECORDINGS:
        raise Refusal(f"There is no recording of the kind “{kind}”.")
    default_name, mime, names = RECORDINGS[kind]
    if unknown := sorted(set(facts) - set(names)):
        raise Refusal(f"A recording of the kind “{kind}” has no {unknown[0]}.")
    film = media.video(data)
    probed = film._asdict() if film else {}
    probed["length"] = min(probed.get("width", 0), probed.get("height", 0))
    facts = {fact: facts.get(fact) or probed.get(fact) for fact in names}
    if missing := [fact for fact in names if facts[fact] is None and fact not in ("performer", "title")]:
        raise Refusal(f"A recording of the kind “{kind}” needs a {missing[0]}.")
    known = {fact: value for fact, value in facts.items() if value is not None}
    upload = Upload.of(data, name or default_name, "" if name else mime)
    content = await files.add(person, kind, upload, known, thumbnail)
    content = {fact: value for fact, value in content.items() if fact not in LEFT_OUT.get(kind, ())}
    return {kind: content} | ({"document": as_document(content)} if kind == "animation" else {})


def location(latitude: float, longitude: float) -> Json:
    """Return the field of a message with a place on the map."""
    return {"location": {"latitude": latitude, "longitude": longitude}}


def contact(first_name: str, phone_number: str) -> Json:
    """Return the field of a message with a telephone number."""
    return {"contact": {"phone_number": phone_number, "first_name": first_name}}


def poll(question: str, *options: str) -> Json:
    """Return the field of a message with a new poll.

    Raises:
        Refusal: the question is empty or too long, or there are too few or too many options.
    """
    if not 1 <= len(question) <= MAX_QUESTION or len(options) not in OPTIONS:
        raise Refusal("A poll needs a question and 1 to 12 options.")
    return {
        "poll": {
            "id": str(10**16 + secrets.randbelow(10**16)),
            "question": question,
            "options": [
                {"persistent_id": str(number), "text": option, "voter_count": 0}
                for number, option in enumerate(options)
            ],
            "total_voter_count": 0,
            "is_closed": False,
            "is_anonymous": True,
            "type": "regular",
            "allows_multiple_answers": False,
            "allows_revoting": True,
            "members_only": False,
        }
    }
