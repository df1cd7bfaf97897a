"""Several people at one page: side by side, in a group, and passing things on."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

pytestmark = pytest.mark.asyncio(loop_scope="session")

TIMEOUT_MS = 120_000
expect.set_options(timeout=TIMEOUT_MS)
Shoot = Callable[[str], Awaitable[None]]


async def _say(column: Locator, words: str) -> None:
    await column.get_by_test_id("composer-text").fill(words)
    await column.get_by_test_id("send").click()


def _from(column: Locator, who: str, words: str = "") -> Locator:
    """Messages of ``me``, the ``bot`` or ``other`` people."""
    return column.locator(f'[data-testid="message"][data-from="{who}"]').filter(has_text=words)


# Resolves when the page asks for a file. The browser's own dialog does not come: nothing here could close it.
_ASKED = """
    (input) => ({
        asked: new Promise((resolve) => {
            input.addEventListener("click", (event) => (event.preventDefault(), resolve()), { once: true });
        }),
    })
"""


async def _choose(column: Locator, item: str) -> None:
    """One item of the menu behind the column's person."""
    await column.get_by_test_id("menu").click()
    await column.get_by_test_id(item).click()


async def test_two_people_are_seen_side_by_side(page: Page, china: Path, shoot: Shoot) -> None:
    await page.get_by_test_id("beside").click()
    columns = page.get_by_test_id("column")
    await expect(columns).to_have_count(2)
    ada, other = columns.first, columns.last
    await ada.get_by_test_id("start").click()
    await expect(_from(ada, "bot", "Hi, Ada!")).to_be_visible()
    await expect(other.get_by_test_id("start")).to_be_visible()

    await other.get_by_test_id("attach-input").set_input_files(china)
    await other.get_by_test_id("send").click()
    await expect(_from(other, "bot", "Pick a style, or")).to_be_visible()
    await expect(_from(ada, "bot")).to_have_count(1)
    await shoot("beside.png")

    # Pictures that do not arrive are asked for again with the next snapshot, as after a lost connection.
    await page.route("**/api/files/**", lambda route: route.fulfill(content_type="image/jpeg", body=""))
    await page.reload()
    await expect(_from(columns.last, "bot", "Pick a style, or")).to_be_visible()
    await expect(columns.last.get_by_test_id("reaction")).to_have_text("👀")
    photo = _from(columns.last, "me").get_by_test_id("photo")
    await expect(photo).to_have_class(re.compile(r"\bbroken\b"))
    await expect(photo.locator("img")).to_have_count(0)
    await page.unroute_all()
    await columns.first.get_by_test_id("leave").click()
    await expect(columns).to_have_count(1)
    await expect(_from(columns.first, "bot", "Pick a style, or")).to_be_visible()
    await expect(photo.locator("img")).not_to_have_js_property("naturalWidth", 0)
    await expect(photo).not_to_have_class(re.compile(r"\bbroken\b"))


async def test_a_group_speaks_and_a_button_answers_its_owner_alone(
    page: Page, china: Path, shoot: Shoot
) -> None:
    columns = page.get_by_test_id("column")
    await _choose(columns.first, "new-group")
    await page.get_by_test_id("group-title").fill("Sunday painters")
    sheet = page.get_by_test_id("sheet")
    await sheet.get_by_test_id("person-name").fill("Ben")
    await page.keyboard.press("Enter")
    ben = sheet.get_by_role("checkbox", name="Ben", exact=True)
    await expect(ben).to_be_checked()
    await page.get_by_test_id("group-title").press("ArrowUp")
    await expect(ben).to_be_focused()
    await page.keyboard.press("ArrowUp")  # past Ada, who makes the group and cannot be left out
    await expect(ben).not_to_be_focused()
    await expect(sheet.locator('[data-testid="group-member"]:focus')).to_be_enabled()
    await page.get_by_test_id("make-group").click()
    await expect(page.get_by_test_id("service")).to_have_text("Ada created the group")
    await expect(page.get_by_test_id("presence")).to_have_text("Ada, Ben, Atelier")

    found = re.search(r"#(\d+)@(-\d+)", page.url)
    assert found
    ada, group = int(found[1]), int(found[2])
    await page.goto(page.url.replace(f"@{group}", f"@{group},{ada + 1}@{group}"))
    here, there = columns.first, columns.last
    await _say(there, "What can it do?")
    await expect(_from(here, "other", "What can it do?").locator(".sender")).to_have_text("Ben")

    await here.get_by_test_id("attach-input").set_input_files(china)
    await _say(here, "@atelier_bot")
    sheet = _from(there, "bot", "Pick a style, or")
    await sheet.get_by_test_id("inline-button").filter(has_text="Adjust").click()
    alert = page.get_by_test_id("alert")
    await expect(alert).to_contain_text("To Ben")
    await shoot("group.png")
    await page.keyboard.press("Escape")
    await expect(alert).to_be_hidden()
    adjust = _from(here, "bot", "Pick a style, or").get_by_test_id("inline-button").filter(has_text="Adjust")
    await adjust.click()
    await expect(_from(there, "bot", "Your default settings")).to_be_visible()

    await _say(here, "/status")
    await expect(_from(here, "bot", "You have no paintings in progress.")).to_contain_text(
        "Only you can see this"
    )
    await expect(_from(here, "me", "/status")).to_contain_text("Only you can see this")
    await shoot("only-you.png")
    await expect(there).not_to_contain_text("/status")
    await expect(there.get_by_test_id("only-you")).to_have_count(0)

    await _choose(there, "leave-group")
    await expect(here.get_by_test_id("service").last).to_have_text("Ben left")
    await _choose(here, "add-member")
    await page.get_by_test_id("choice").filter(has_text="Ben").click()
    await expect(here.get_by_test_id("service").last).to_contain_text("Ben")


async def test_a_sticker_is_attached_and_forwarded(page: Page, waves: Path) -> None:
    column = page.get_by_test_id("column")
    await column.get_by_test_id("attach").press("Enter")
    await expect(column.get_by_test_id("attach-photos")).to_be_focused()
    await page.keyboard.press("ArrowUp")
    await expect(column.get_by_test_id("attach-sticker")).to_be_focused()
    asked = await column.get_by_test_id("sticker-input").evaluate_handle(_ASKED)
    await page.keyboard.press("Enter")
    await asked.evaluate("({ asked }) => asked")
    await column.get_by_test_id("sticker-input").set_input_files(waves)
    sticker = _from(column, "me").get_by_test_id("sticker")
    await expect(sticker).to_be_visible()
    await expect(sticker).to_have_js_property("naturalWidth", 512)
    await expect(_from(column, "bot")).to_have_count(1)

    await sticker.click(button="right")
    await column.get_by_test_id("message-forward").click()
    await page.get_by_test_id("choice").first.click()
    await expect(_from(column, "me")).to_have_count(2)
    await expect(_from(column, "me").last).to_contain_text("Forwarded from Ada")


async def test_the_keyboard_alone_goes_into_a_menu_and_back(page: Page) -> None:
    menu = page.get_by_test_id("menu")
    await menu.focus()
    await page.keyboard.press("Enter")
    await expect(menu).to_have_attribute("aria-expanded", "true")
    await expect(page.get_by_test_id("person").and_(page.locator('[aria-checked="true"]'))).to_be_focused()
    await page.keyboard.press("End")
    await expect(page.get_by_test_id("clear")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(menu).to_be_focused()
    await expect(menu).to_have_attribute("aria-expanded", "false")
    await page.keyboard.type("hello")
    await expect(page.get_by_test_id("composer-text")).to_have_value("hello")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("message")).to_have_count(2)
    await menu.press("Enter")
    await page.keyboard.press("End")
    await expect(page.get_by_test_id("clear")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("start")).to_be_visible()
    await expect(page.get_by_test_id("message")).to_have_count(0)


async def test_a_link_that_is_shared_waits_in_the_other_chat(page: Page) -> None:
    column = page.get_by_test_id("column").first
    link = "https://t.me/share/url?url=https%3A%2F%2Ft.me%2Fatelier_bot%3Fstart%3Dstyle_mosaic&text=Mosaic"
    await _say(column, link)
    await _from(column, "me").locator("a").click()
    sheet = page.get_by_test_id("sheet")
    await expect(sheet).to_contain_text("start=style_mosaic")
    await sheet.get_by_test_id("person-name").fill("Cleo")
    await sheet.get_by_test_id("person-language").select_option("es")
    await page.keyboard.press("Enter")
    other = page.get_by_test_id("column").last
    await expect(other.get_by_test_id("invitation")).to_contain_text("From Ada: “Mosaic”")
    await expect(other.get_by_test_id("accept")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(_from(other, "me", "/start style_mosaic")).to_be_visible()
    await expect(_from(other, "bot", "foto")).to_be_visible()


async def test_an_address_of_nobody_leads_to_somebody(page: Page) -> None:
    await page.goto(re.sub("#.*", "#999999999@-1,nonsense", page.url))
    await expect(page.get_by_test_id("column")).to_have_count(1)
    await expect(page.get_by_test_id("menu")).to_have_attribute("aria-label", "Menu. You chat as Alex")
    await expect(page.get_by_test_id("presence")).to_have_text("online")
