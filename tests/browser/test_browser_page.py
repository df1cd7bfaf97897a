"""A person at the page: files in, a painting out."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import Locator, Page, Route, expect

from bot.chat.bot_profile import COMMANDS

pytestmark = pytest.mark.asyncio(loop_scope="session")

TIMEOUT_MS = 120_000
expect.set_options(timeout=TIMEOUT_MS)


async def _send(page: Page, *files: Path) -> None:
    """Attach files and send them together."""
    await page.get_by_test_id("attach-input").set_input_files(list(files))
    await expect(page.get_by_test_id("tray-item")).to_have_count(len(files))
    await page.get_by_test_id("send").click()
    await expect(page.get_by_test_id("tray-item")).to_have_count(0)


def _from_bot(page: Page, words: str | re.Pattern[str]) -> Locator:
    """The bot's messages that say ``words``."""
    return page.locator('[data-testid="message"][data-from="bot"]').filter(has_text=words)


def _button(message: Locator, label: str) -> Locator:
    return message.get_by_test_id("inline-button").filter(has_text=label)


async def _shows_a_picture(message: Locator) -> None:
    """Wait until the message's picture is decoded."""
    image = message.get_by_test_id("photo").locator("img").last  # while one fades into another, there are two
    await expect(image).to_be_visible()
    await expect(image).not_to_have_js_property("naturalWidth", 0)


async def test_two_pictures_and_one_tap_become_a_painting(
    page: Page, china: Path, waves: Path, shoot: Callable[[str], Awaitable[None]], tmp_path: Path
) -> None:
    await page.get_by_test_id("start").click()
    await expect(_from_bot(page, "Hello, Ada! I paint photos.")).to_be_visible()
    await _send(page, china)
    await _shows_a_picture(_from_bot(page, "send me a painting whose style it shall have"))
    await _send(page, waves)
    ready = _from_bot(page, "Shall I?")
    await _shows_a_picture(ready)
    await _button(ready, "🖌 Paint").click()
    under_way = _from_bot(page, re.compile(r"▰|▱"))
    await expect(_button(under_way, "Stop")).to_be_visible()

    with_photo = page.get_by_test_id("photo")
    painted = _from_bot(page, "Painted like the painting you sent.").filter(has=with_photo)
    await expect(painted).to_be_visible()
    await _shows_a_picture(painted)
    await expect(ready).to_have_count(0)
    await expect(_button(painted, "Stronger")).to_be_visible()
    await shoot("chat.png")

    await painted.get_by_test_id("photo").click()
    viewer = page.get_by_test_id("viewer")
    await expect(viewer).to_be_visible()
    await expect(viewer.locator(".viewer-caption")).to_contain_text("Painted like")
    image = viewer.locator("img.viewer-image")
    await expect(image).not_to_have_js_property("naturalWidth", 0)
    await shoot("viewer.png")
    async with page.expect_download() as downloading:
        await page.get_by_test_id("viewer-download").click()
    await (await downloading.value).save_as(tmp_path / "photo.jpg")
    await page.keyboard.press("Escape")
    await expect(viewer).to_be_hidden()

    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await _button(painted, "Share").click()
    await page.get_by_test_id("choice-extra").click()
    await expect(page.get_by_text("Copied.")).to_be_visible()
    assert await page.evaluate("navigator.clipboard.readText()") == "https://t.me/atelier_bot"

    await _button(painted, "📄 File").click()
    document = page.get_by_test_id("document").last
    await expect(document).to_contain_text(".png")
    async with page.expect_download() as downloading:
        await document.locator("a.file-download").click()
    await (await downloading.value).save_as(tmp_path / "painting.png")
    with Image.open(tmp_path / "painting.png") as painting, Image.open(tmp_path / "photo.jpg") as photo:
        painting.load()
        assert painting.format == "PNG"
        assert photo.format == "JPEG"
        assert painting.size == photo.size
        assert f"{painting.width} × {painting.height} pixels" in await painted.inner_text()

    await page.emulate_media(color_scheme="dark")
    await shoot("chat-dark.png")
    await page.emulate_media(color_scheme="light")
    await page.set_viewport_size({"width": 390, "height": 844})
    await expect(painted).to_be_visible()
    await shoot("chat-phone.png")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_two_files_in_one_send_are_a_photo_and_its_painting(
    page: Page, china: Path, waves: Path, shoot: Callable[[str], Awaitable[None]]
) -> None:
    await _send(page, china, waves)
    await expect(page.locator('[data-testid="message"][data-from="me"]')).to_have_count(2)
    ready = _from_bot(page, "Shall I?")
    await _shows_a_picture(ready)
    await _button(ready, "Full").click()
    await expect(ready).to_contain_text("Strength: full")
    await _button(ready, "Painting’s colours").click()
    await expect(_button(ready, "Photo’s colours")).to_be_visible()
    await shoot("ready.png")


async def test_files_go_in_their_order_and_what_is_attached_meanwhile_stays(
    page: Page, heic: Path, waves: Path, china: Path
) -> None:
    uploading, on = asyncio.Event(), asyncio.Event()

    async def hold(route: Route) -> None:
        uploading.set()
        await on.wait()
        await route.continue_()

    await page.route("**/messages", hold)
    tray = page.get_by_test_id("tray-item")
    await page.get_by_test_id("attach-input").set_input_files([heic, waves])
    await expect(tray).to_have_count(2)
    await page.get_by_test_id("send").click()
    await uploading.wait()
    await page.get_by_test_id("attach-input").set_input_files(china)
    await expect(tray).to_have_count(3)
    on.set()
    await expect(tray).to_have_count(1)
    await expect(tray.locator("img")).to_have_attribute("alt", china.name)
    await expect(page.get_by_test_id("send")).to_be_enabled()
    mine = page.locator('[data-testid="message"][data-from="me"]')
    await expect(mine).to_have_count(2)
    await expect(mine.first.get_by_test_id("document")).to_contain_text(heic.name)
    await expect(mine.last.get_by_test_id("photo")).to_be_visible()
    await expect(_from_bot(page, "painted like the painting you sent. Shall I?")).to_be_visible()


async def test_a_style_is_chosen_from_the_sheet(page: Page, china: Path) -> None:
    await _send(page, china)
    sheet = _from_bot(page, "or tap one of mine")
    await _button(sheet, "Mosaic").click()
    ready = _from_bot(page, "Your photo, painted like Mosaic. Shall I?")
    await _shows_a_picture(ready)
    await _button(ready, "Start over").click()
    await expect(_from_bot(page, "Forgotten.")).to_be_visible()


async def test_a_link_brings_its_style_once(page: Page) -> None:
    await page.goto(page.url.replace("/#", "/?start=style_mosaic#"))
    await expect(_from_bot(page, "Mosaic: a good choice. Now send me the photo.")).to_be_visible()
    assert "start" not in page.url
    await page.reload()
    await expect(page.get_by_test_id("message")).to_have_count(2)


async def test_help_comes_from_the_menu_of_commands(page: Page) -> None:
    await page.get_by_role("button", name="Commands").click()
    commands = page.get_by_test_id("command")
    await expect(commands).to_have_count(len(COMMANDS))
    await commands.filter(has_text="/help").click()
    await expect(_from_bot(page, "1. Send a photo.")).to_be_visible()


async def test_a_command_is_found_by_its_first_letters(page: Page) -> None:
    await page.get_by_test_id("composer-text").press_sequentially("/ca")
    await expect(page.get_by_test_id("command")).to_have_count(1)
    await page.keyboard.press("Enter")
    await expect(_from_bot(page, "I am not painting anything for you right now.")).to_be_visible()


_TRANSFER = """
    async ([data, name, type]) => {
        const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
        window.transfer = new DataTransfer();
        window.transfer.items.add(new File([bytes], name, { type }));
    }
"""


@pytest.fixture
def carried(china: Path) -> list[str]:
    """The photo as a drag or the clipboard holds it: data, name, type."""
    return [base64.b64encode(china.read_bytes()).decode(), china.name, "image/jpeg"]


async def _drag(page: Page, event: str, target: str) -> None:
    await page.evaluate(
        """([event, target]) => document.querySelector(target).dispatchEvent(
            new DragEvent(event, { dataTransfer: window.transfer, bubbles: true, cancelable: true }))""",
        [event, target],
    )


async def test_a_photo_is_dropped_into_the_window(
    page: Page, carried: list[str], shoot: Callable[[str], Awaitable[None]]
) -> None:
    await page.evaluate(_TRANSFER, carried)
    await _drag(page, "dragenter", ".scroller")
    await expect(page.locator(".drop")).to_be_visible()
    await shoot("drop.png")
    await _drag(page, "dragover", '.drop-zone[data-as="photo"]')
    await _drag(page, "drop", '.drop-zone[data-as="photo"]')
    await expect(page.locator(".drop")).to_be_hidden()
    await expect(page.get_by_test_id("tray-item").locator("img")).to_have_count(1)
    await page.get_by_test_id("send").click()
    await expect(_from_bot(page, "What a fine picture.")).to_be_visible()


async def test_a_photo_is_dropped_as_a_file(page: Page, carried: list[str]) -> None:
    await page.evaluate(_TRANSFER, carried)
    await _drag(page, "dragenter", ".scroller")
    await _drag(page, "drop", '.drop-zone[data-as="document"]')
    await expect(page.get_by_test_id("as-file")).to_be_checked()
    await page.get_by_test_id("send").click()
    await expect(page.locator('[data-from="me"]').get_by_test_id("document")).to_contain_text("china.jpg")
    await expect(_from_bot(page, "What a fine picture.")).to_be_visible()


async def test_a_photo_is_pasted_and_sent_with_the_enter_key(page: Page, carried: list[str]) -> None:
    await page.evaluate(_TRANSFER, carried)
    await page.evaluate(
        """() => document.activeElement.dispatchEvent(
            new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true }))"""
    )
    await expect(page.get_by_test_id("tray-item").locator("img")).to_have_count(1)
    await page.get_by_test_id("composer-text").press("Enter")
    await expect(_from_bot(page, "What a fine picture.")).to_be_visible()


async def test_a_reload_shows_the_same_chat(page: Page) -> None:
    await page.get_by_test_id("start").click()
    await expect(_from_bot(page, "Hello, Ada!")).to_be_visible()
    await page.reload()
    await expect(_from_bot(page, "Hello, Ada!")).to_be_visible()
    await expect(page.get_by_test_id("message")).to_have_count(2)


async def test_what_is_no_picture_is_answered_helpfully(page: Page) -> None:
    await page.get_by_test_id("composer-text").fill("<b>Hi</b> & bye")
    await page.get_by_test_id("send").click()
    await expect(page.locator('[data-from="me"]')).to_contain_text("<b>Hi</b> & bye")
    await expect(_from_bot(page, "Send me a photo, or an image as a file")).to_be_visible()
