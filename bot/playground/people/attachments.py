"""What people send besides words, pictures and files: recordings, and things that are no file at all."""

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
"""What each is called and is by itself, and what a person's app says of it."""
LEFT_OUT = {
    "voice": ("file_name", "thumbnail"),
    "video_note": ("file_name", "mime_type"),
}
"""What Telegram does not tell of a file of this kind."""
MAX_QUESTION = 300
OPTIONS = range(1, 13)


async def recording(
    files: Files, person: int, kind: str, data: bytes, name: str, facts: Json, thumbnail: bytes | None
) -> Json:
    """A recording as a person's app sends it: the app has looked at it, and adds a small picture."""
    if kind not in RECORDINGS:
        raise Refusal(f"“{kind}” is no recording.")
    usual, mime, telling = RECORDINGS[kind]
    if unknown := sorted(set(facts) - set(telling)):
        raise Refusal(f"A {kind} has no “{unknown[0]}”.")
    film = media.video(data)
    probed = film._asdict() if film else {}
    probed["length"] = min(probed.get("width", 0), probed.get("height", 0))
    facts = {fact: facts.get(fact) or probed.get(fact) for fact in telling}
    if missing := [fact for fact in telling if facts[fact] is None and fact not in ("performer", "title")]:
        raise Refusal(f"How much is the {missing[0]} of this {kind}?")
    known = {fact: value for fact, value in facts.items() if value is not None}
    upload = Upload.of(data, name or usual, "" if name else mime)
    content = await files.add(person, kind, upload, known, thumbnail)
    content = {fact: value for fact, value in content.items() if fact not in LEFT_OUT.get(kind, ())}
    return {kind: content} | ({"document": as_document(content)} if kind == "animation" else {})


def location(latitude: float, longitude: float) -> Json:
    """A place on the map."""
    return {"location": {"latitude": latitude, "longitude": longitude}}


def contact(first_name: str, phone_number: str) -> Json:
    """Somebody's number."""
    return {"contact": {"phone_number": phone_number, "first_name": first_name}}


def poll(question: str, *options: str) -> Json:
    """A question to all, which nobody has answered yet."""
    if not 1 <= len(question) <= MAX_QUESTION or len(options) not in OPTIONS:
        raise Refusal("A poll has a question, and 1 to 12 answers.")
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
