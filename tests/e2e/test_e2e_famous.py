"""A famous painting is known when somebody sends it, whatever its file is."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from engine.imaging.encoding import encode_jpeg
from engine.styles import famous
from tests.support import mirrored_paintings
from tests.support.chat import PAINTED, QUESTION, Chat, said

TITLE = mirrored_paintings.title("woodblock_waves")
HANGS = f"After “{TITLE}” by Ann Mirror, 1840–1842. Nowhere"


@pytest.fixture
def scan(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> bytes:
    """A small scan of a painting of the manifest."""
    known = famous.paintings(mirrored_paintings.manifest(tmp_path))
    monkeypatch.setattr(famous, "paintings", lambda: known)
    with Image.open(io.BytesIO(mirrored_paintings.works()["woodblock_waves_(mirror).jpg"])) as image:
        return encode_jpeg(image.resize((200, round(200 * image.height / image.width))), quality=60)


async def test_it_has_its_name_in_question_status_and_caption_and_one_line_says_where_it_hangs(
    copying_bot: str, you: Chat, small: bytes, scan: bytes, waves: bytes
) -> None:
    question = await you.ready(small, scan)
    assert said(question) == f"Paint this in the style of {TITLE}?\n{HANGS}"
    await you.tap(question, "⚙ Adjust")
    adjusted = await you.becomes(question, f"Style: {TITLE}")
    assert HANGS in said(adjusted)
    await you.tap(adjusted, "🖌 Paint")
    painted = await you.painted(question)
    assert said(painted).startswith(f"{PAINTED} {TITLE} · ")
    assert HANGS in said(painted)
    await you.more(painted)
    await you.tap(painted, "Save style")
    asked = await you.heard("What should I call this style?", after=painted["message_id"])
    await you.heard("Saved as “Sea”", after=await you.text("Sea", reply_to=asked["message_id"]))
    kept = await you.heard(PAINTED, after=await you.photo(small, "Sea"))
    assert said(kept).startswith(f"{PAINTED} Sea · "), "one's own name for it"
    assert HANGS in said(kept)
    other = await you.ready(small, waves)
    assert said(other).startswith(f"{QUESTION} the painting you sent?"), (
        "and a painting that nobody knows has none"
    )
