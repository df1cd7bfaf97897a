"""The page speaks the browser's language, and looks right in light and dark, on a desk and a phone."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from bot.i18n import texts

pytestmark = pytest.mark.asyncio(loop_scope="session")

TIMEOUT_MS = 120_000
expect.set_options(timeout=TIMEOUT_MS)
OpenPage = Callable[..., Awaitable[Page]]


@pytest.mark.parametrize(("locale", "name"), [("es-MX", "Ana"), ("zh-CN", "小安")])
async def test_the_page_speaks_the_browsers_language(
    open_page: OpenPage, artefacts: Path, locale: str, name: str
) -> None:
    language = locale[:2]
    say = texts(language)
    page = await open_page(name, language, locale=locale)
    await expect(page.locator("html")).to_have_attribute("lang", language)
    await expect(page.get_by_test_id("start")).to_have_text(say("page-start"))
    await expect(page.get_by_test_id("presence")).to_have_text(say("page-online"))
    await expect(page.get_by_test_id("composer-text")).to_have_attribute("placeholder", say("page-message"))
    await page.get_by_test_id("start").click()
    await expect(page.locator('[data-from="bot"]')).to_contain_text(say("start", name=name).split("\n")[0])
    await expect(page.locator(".date time")).to_have_text(say("page-today"))

    await page.get_by_test_id("menu").click()
    await expect(page.get_by_test_id("clear")).to_have_text(say("page-clear-chat"))
    await page.keyboard.press("Escape")
    await page.get_by_test_id("beside").click()  # the person beside has a name, and the same language
    beside = page.get_by_test_id("column").last
    await expect(beside.get_by_test_id("start")).to_have_text(say("page-start"))
    await expect(beside.locator(".person-name")).to_have_text(re.compile(r"\S"))
    assert await beside.locator(".person-name").inner_text() not in ("You", say("page-you"))
    await page.screenshot(path=artefacts / f"language-{language}.png", animations="disabled")


async def test_a_command_from_the_list_keeps_what_it_answers(open_page: OpenPage, china: Path) -> None:
    page = await open_page()
    await page.get_by_test_id("attach-input").set_input_files(china)
    await page.get_by_test_id("send").click()
    photo = page.locator('[data-testid="message"][data-from="me"]').first
    await expect(page.locator('[data-from="bot"]')).to_contain_text("Pick a style")
    await photo.hover()
    await photo.get_by_role("button", name="Reply").click()
    await page.get_by_test_id("composer-text").fill("/pai")
    await page.get_by_test_id("command").click()
    command = page.locator('[data-testid="message"][data-from="me"]').last
    await expect(command).to_contain_text("/paint")
    await expect(command.locator(".quote")).to_be_visible()
    await expect(page.locator(".quoting")).to_be_hidden()
