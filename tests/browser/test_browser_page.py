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
from bot.i18n import texts

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
    await expect(_from_bot(page, "Hi, Ada! Send me a photo")).to_be_visible()
    await _send(page, china)
    await _shows_a_picture(_from_bot(page, "Pick a style, or"))
    await _send(page, waves)
    ready = _from_bot(page, "Paint this in the style of")
    await _shows_a_picture(ready)
    await _button(ready, "🖌 Paint").click()
    under_way = _from_bot(page, re.compile(r"▰|▱"))
    await expect(_button(under_way, "Stop")).to_be_visible()
    presence = page.get_by_test_id("presence")
    await expect(presence).to_have_text("painting…")

    with_photo = page.get_by_test_id("photo")
    painted = _from_bot(page, "In the style of the painting you sent").filter(has=with_photo)
    await expect(painted).to_be_visible()
    await _shows_a_picture(painted)
    await expect(ready).to_have_count(0)
    await expect(under_way).to_have_count(0)
    assert await presence.inner_text() != "painting…"
    await expect(_button(painted, "Stronger")).to_be_visible()
    await shoot("chat.png")

    await painted.get_by_test_id("photo").click()
    viewer = page.get_by_test_id("viewer")
    await expect(viewer).to_be_visible()
    await expect(viewer.locator(".viewer-caption")).to_contain_text("In the style of")
    image = viewer.locator("img.viewer-image")
    await expect(image).not_to_have_js_property("naturalWidth", 0)
    await shoot("viewer.png")
    async with page.expect_download() as downloading:
        await page.get_by_test_id("viewer-download").click()
    await (await downloading.value).save_as(tmp_path / "photo.jpg")
    await page.keyboard.press("Escape")
    await expect(viewer).to_be_hidden()

    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await _button(painted, "More…").click()
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
    ready = _from_bot(page, "Paint this in the style of")
    await _shows_a_picture(ready)
    await shoot("question.png")
    await _button(ready, "Adjust").click()
    choices = _from_bot(page, "Style: the painting you sent")
    await _button(choices, "Strength ●●○").click()
    await expect(choices).to_contain_text("Full strength · painting’s colours")
    await _button(choices, "○ Photo’s colours").click()
    await expect(_button(choices, "✓ Photo’s colours")).to_be_visible()
    await expect(choices.get_by_test_id("inline-button")).to_have_count(8)
    await shoot("adjust.png")


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
    await expect(_from_bot(page, "Paint this in the style of the painting you sent?")).to_be_visible()


async def test_four_taps_lead_from_an_empty_chat_to_a_painting_that_fits_a_phone(
    page: Page, china: Path, shoot: Callable[[str], Awaitable[None]], tmp_path: Path
) -> None:
    portrait = tmp_path / "portrait.jpg"
    with Image.open(china) as photo:
        photo.rotate(90, expand=True).crop((0, 0, 427, 570)).save(portrait, quality=92)
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.get_by_test_id("start").click()  # one
    await _shows_a_picture(_from_bot(page, "Hi, Ada!"))
    await shoot("start-phone.png")
    await page.get_by_test_id("attach-input").set_input_files(portrait)  # two, and three
    await page.get_by_test_id("send").click()
    sheet = _from_bot(page, "Pick a style, or")
    await _shows_a_picture(sheet)
    await shoot("sheet-phone.png")
    await _button(sheet, "Mosaic").click()  # four
    card = _from_bot(page, re.compile(r"▰|▱|next|ready yet"))
    await expect(_button(card, "Stop")).to_be_visible()
    await shoot("card-phone.png")

    painted = _from_bot(page, "In the style of Mosaic")
    await _shows_a_picture(painted)
    await expect(card).to_have_count(0)
    await expect(painted.get_by_test_id("inline-button")).to_have_count(6)
    for part in (
        painted.get_by_test_id("photo"),
        painted.get_by_text("In the style of Mosaic"),
        *(await painted.get_by_test_id("inline-button").all()),
    ):
        await expect(part).to_be_in_viewport(ratio=1)
    await shoot("painted-phone.png")
    await page.emulate_media(color_scheme="dark")
    await shoot("painted-phone-dark.png")
    await _button(painted, "More…").click()
    await expect(_button(painted, "Delete")).to_be_visible()
    await shoot("more-phone.png")
    await _button(painted, "Delete").click()
    await expect(painted).to_have_count(0)
    asked = _from_bot(page, "Delete this painting?")
    await _button(asked, "Delete").click()
    await expect(asked).to_have_count(0)


async def test_a_link_brings_its_style_once(page: Page) -> None:
    await page.goto(page.url.replace("/#", "/?start=style_mosaic#"))
    await expect(_from_bot(page, "Style: Mosaic. Now send me a photo.")).to_be_visible()
    assert "start" not in page.url
    await page.reload()
    await expect(page.get_by_test_id("message")).to_have_count(2)


async def test_help_comes_from_the_menu_of_commands(page: Page) -> None:
    await page.get_by_role("button", name="Commands").click()
    commands = page.get_by_test_id("command")
    await expect(commands).to_have_count(len(COMMANDS))
    await commands.filter(has_text="/help").click()
    await expect(_from_bot(page, "1. Send a photo.")).to_be_visible()


async def test_the_menu_of_commands_speaks_the_language_that_was_chosen(page: Page) -> None:
    await page.get_by_test_id("composer-text").fill("/language")
    await page.keyboard.press("Enter")
    chinese = page.get_by_role("button", name="中文")
    await expect(chinese).to_be_visible()
    await page.get_by_role("button", name="Commands").click()
    command = page.get_by_test_id("command").filter(has_text="/help")
    await expect(command).to_contain_text(texts("en")("command-help"))
    await chinese.evaluate("button => button.click()")  # by no pointer: the menu stays open
    await expect(_from_bot(page, texts("zh")("language"))).to_be_visible()
    await expect(command).to_contain_text(texts("zh")("command-help"))


async def test_a_command_is_found_by_its_first_letters(page: Page) -> None:
    await page.get_by_test_id("composer-text").press_sequentially("/ca")
    await expect(page.get_by_test_id("command")).to_have_count(1)
    await page.keyboard.press("Enter")
    await expect(_from_bot(page, "You have no paintings in progress.")).to_be_visible()


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
    await expect(_from_bot(page, "Pick a style, or")).to_be_visible()


async def test_a_photo_is_dropped_as_a_file(page: Page, carried: list[str]) -> None:
    await page.evaluate(_TRANSFER, carried)
    await _drag(page, "dragenter", ".scroller")
    await _drag(page, "drop", '.drop-zone[data-as="document"]')
    await expect(page.get_by_test_id("as-file")).to_be_checked()
    await page.get_by_test_id("send").click()
    await expect(page.locator('[data-from="me"]').get_by_test_id("document")).to_contain_text("china.jpg")
    await expect(_from_bot(page, "Pick a style, or")).to_be_visible()


async def test_a_photo_is_pasted_and_sent_with_the_enter_key(page: Page, carried: list[str]) -> None:
    await page.evaluate(_TRANSFER, carried)
    await page.evaluate(
        """() => document.activeElement.dispatchEvent(
            new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true }))"""
    )
    await expect(page.get_by_test_id("tray-item").locator("img")).to_have_count(1)
    await page.get_by_test_id("composer-text").press("Enter")
    await expect(_from_bot(page, "Pick a style, or")).to_be_visible()


async def test_a_reload_shows_the_same_chat(page: Page) -> None:
    await page.get_by_test_id("start").click()
    await expect(_from_bot(page, "Hi, Ada!")).to_be_visible()
    await page.reload()
    await expect(_from_bot(page, "Hi, Ada!")).to_be_visible()
    await expect(page.get_by_test_id("message")).to_have_count(2)


async def test_what_is_no_picture_is_answered_helpfully(page: Page) -> None:
    await page.get_by_test_id("composer-text").fill("<b>Hi</b> & bye")
    await page.get_by_test_id("send").click()
    await expect(page.locator('[data-from="me"]')).to_contain_text("<b>Hi</b> & bye")
    await expect(_from_bot(page, "Send me a photo and I’ll paint it.")).to_be_visible()
