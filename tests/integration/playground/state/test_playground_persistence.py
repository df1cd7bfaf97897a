import os
import signal
import sys
from asyncio.subprocess import PIPE, create_subprocess_exec
from pathlib import Path

import aiohttp
import pytest
from telegram import Bot, InputMediaPhoto, Message
from telegram.error import BadRequest

from bot.playground import YOU, serve
from bot.playground.state import chats
from tests.support.playground import Playground
from tests.support.sample_media import jpeg, png
from tests.support.telegram_client import connect

PROGRAM = """
import asyncio, sys
from pathlib import Path
from bot.playground import Telegram, serve

async def main():
    server = await serve(Telegram(Path(sys.argv[1])))
    print(server.port, server.telegram.token, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_a_killed_playground_comes_back_as_it_was(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(Path.cwd())}
    process = await create_subprocess_exec(
        sys.executable, "-c", PROGRAM, str(tmp_path), stdout=PIPE, env=environment
    )
    try:
        assert process.stdout
        port, token = (await process.stdout.readline()).decode().split()
        async with Bot(
            token, base_url=f"http://127.0.0.1:{port}/bot", base_file_url=f"http://127.0.0.1:{port}/file/bot"
        ) as bot:
            with pytest.raises(BadRequest, match="Chat not found"):
                await bot.send_message(YOU, "too early")
            await tell(port, "hello")
            (update,) = await bot.get_updates()
            sent = await bot.send_photo(YOU, jpeg(), caption="preview")
            data = png()
            document = (await bot.send_document(YOU, data, filename="a.png")).document
            await bot.set_my_commands([("start", "Begin")])
    finally:
        os.kill(process.pid, signal.SIGKILL)
        await process.wait()

    playground = Playground(tmp_path)
    assert playground.token == token
    async with await serve(playground) as server, connect(server) as bot:
        assert [message.get("caption") for message in playground.messages()] == [None, "preview", None]
        assert [command.command for command in await bot.get_my_commands()] == ["start"]
        (again,) = await bot.get_updates()
        assert again.to_dict() == update.to_dict()
        assert document
        file = await bot.get_file(document.file_id)
        assert bytes(await file.download_as_bytearray()) == data
        edited = await bot.edit_message_caption(YOU, sent.message_id, caption="done")
        assert isinstance(edited, Message)
        assert edited.photo == sent.photo
        await playground.send_text(YOU, "more")
        assert (await bot.get_updates())[-1].update_id == update.update_id + 1
        assert (await bot.send_message(YOU, "x")).message_id > sent.message_id + 1
    playground.close()


async def tell(port: str, text: str) -> None:
    async with (
        aiohttp.ClientSession(headers={"X-Playground": "1"}) as session,
        session.post(f"http://127.0.0.1:{port}/api/chats/{YOU}/messages", data={"text": text}) as answer,
    ):
        assert answer.status == 200


async def test_a_webhook_stays_set(tmp_path: Path) -> None:
    first = Playground(tmp_path)
    async with await serve(first) as server, connect(server) as bot:
        await bot.set_webhook("http://127.0.0.1:9/hook", secret_token="s3cret")
    first.close()
    second = Playground(tmp_path)
    async with await serve(second) as server, connect(server) as bot:
        assert (await bot.get_webhook_info()).url == "http://127.0.0.1:9/hook"
        await second.send_text(YOU, "x")
        await second.wait_for(lambda: second.webhook.info().get("last_error_message"))
    second.close()


async def test_previews_that_edits_replaced_are_cleared_away_at_the_next_start(tmp_path: Path) -> None:
    first = Playground(tmp_path)
    await first.send_text(YOU, "/start")
    async with await serve(first) as server, connect(server) as bot:
        sent = await bot.send_photo(YOU, jpeg(color="red"))
        kept = await bot.send_photo(YOU, sent.photo[0].file_id)
        other = await bot.send_photo(YOU, jpeg(color="green"))
        for message in (sent, other):
            await message.edit_media(InputMediaPhoto(jpeg(color="blue")))
        assert first.download(other.photo[0].file_id)
    first.close()
    second = Playground(tmp_path)
    with pytest.raises(KeyError):
        second.download(other.photo[0].file_id)
    assert second.download(kept.photo[0].file_id)
    second.close()
    assert len(list((tmp_path / "files").iterdir())) == 9


async def test_long_transcripts_lose_their_beginning_at_the_next_start_and_no_message_or_reaction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chats, "HISTORY_KEPT", 3)
    first = Playground(tmp_path)
    await first.send_text(YOU, "/start")
    async with await serve(first) as server, connect(server) as bot:
        sent = await bot.send_message(YOU, "0")
        for emoji in ("👍", "🔥"):
            await sent.set_reaction(emoji)
        for number in range(1, 6):
            await sent.edit_text(str(number))
    first.close()
    second = Playground(tmp_path)
    assert [message["text"] for message in second.chats.messages(YOU)] == ["/start", "5"]
    assert second.chats.reactions(YOU)[str(sent.message_id)][0]["emoji"] == "🔥"
    assert [entry["event"] for entry in second.chats.transcript(YOU)] == ["reaction", *["edit"] * 3]
    second.close()


def test_without_a_folder_nothing_is_left_behind() -> None:
    playground = Playground()
    folder = playground.store.folder
    assert folder.is_dir()
    playground.close()
    assert not folder.exists()


def test_no_other_user_of_the_machine_may_look_into_the_chats(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "playground"
    folder.mkdir(parents=True, mode=0o755)  # as an earlier version made it
    Playground(folder).close()
    assert folder.stat().st_mode & 0o777 == 0o700
