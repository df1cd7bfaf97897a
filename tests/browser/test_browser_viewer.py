"""Looking at a painting: the still and its film, the photo below a slider, the whole caption."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Locator, Page, ViewportSize, expect

from bot.i18n import texts
from tests.support.processes import until

pytestmark = pytest.mark.asyncio(loop_scope="session")

TIMEOUT_MS = 120_000
expect.set_options(timeout=TIMEOUT_MS)
OpenPage = Callable[..., Awaitable[Page]]
SIZES: dict[str, ViewportSize] = {
    "desk": {"width": 1280, "height": 860},
    "phone": {"width": 390, "height": 844},
}


async def _shoot(page: Page, folder: Path, name: str) -> None:
    """Keep screenshots in light and dark, on a desk and a phone."""
    themes: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")
    for theme in themes:
        await page.emulate_media(color_scheme=theme)
        for device, size in SIZES.items():
            await page.set_viewport_size(size)
            await page.screenshot(path=folder / f"{name}-{theme}-{device}.png", animations="disabled")


async def _box(element: Locator) -> tuple[float, float, float, float]:
    """The edges of an element: left, top, right, bottom."""
    box = await element.bounding_box()
    assert box is not None
    return box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]


async def _overlap(one: Locator, other: Locator) -> bool:
    """Whether one element lies on another."""
    (left, top, right, bottom), (x0, y0, x1, y1) = await _box(one), await _box(other)
    return left < x1 and x0 < right and top < y1 and y0 < bottom


async def _shown(before: Locator) -> float:
    """How much of the photo is seen, 0 to 1, from its left edge.

    Chromium may answer with the frame before the last change: wait for it.
    """
    clip: str = await before.evaluate("(image) => getComputedStyle(image).clipPath")  # inset(0px 75% 0px 0px)
    return 1 - float(clip.split()[1].removesuffix("%")) / 100


async def test_a_photo_is_seen_in_each_style_and_its_painting_beside_it(
    open_page: OpenPage, china: Path, artefacts: Path
) -> None:
    language, style = "ru", "Мозаика"  # whose words are longer than English ones
    page = await open_page("Ada", language, locale="ru-RU")
    await page.get_by_test_id("attach-input").set_input_files(china)
    await page.get_by_test_id("send").click()
    button = page.get_by_test_id("inline-button").filter(has_text=style)
    sheet = page.locator('[data-testid="message"][data-from="bot"]').filter(has=button)
    tiles = sheet.get_by_test_id("photo").locator("img")
    await expect(tiles).to_be_visible()
    # The photo itself, in each of these styles, comes by an edit of the sheet.
    await expect(sheet).to_contain_text(texts(language)("page-edited"))
    await expect(tiles).to_have_js_property("complete", value=True)
    await _shoot(page, artefacts, f"samples-{language}")
    left, _, right, _ = await _box(tiles)
    assert 0 <= left < right <= SIZES["phone"]["width"], "the sheet is whole on a phone"
    await page.set_viewport_size(SIZES["desk"])
    await button.click()
    live = page.get_by_test_id("live")
    painted = page.locator('[data-testid="message"][data-from="bot"]').filter(has=live)
    photo = painted.get_by_test_id("photo")
    await expect(live).to_be_visible()
    assert not await _overlap(live, photo), "the film's button covers nothing"

    film = photo.locator("video.film")
    await live.click()
    await expect(film).to_have_class("film playing")
    await film.evaluate("(video) => video.pause()")  # as when the tab is left, or the message moves
    await expect(film).to_have_class("film")  # the still is seen, not a frame of the film

    await photo.click()
    viewer, compare = page.get_by_test_id("viewer"), page.get_by_test_id("viewer-compare")
    before, slider = viewer.locator("img.viewer-before"), page.get_by_test_id("viewer-slider")
    await expect(compare).to_have_attribute("aria-label", texts(language)("page-compare"))
    await compare.click()
    await expect(before).not_to_have_js_property("naturalWidth", 0)

    async def shows_half() -> bool:
        return await _shown(before) == 0.5

    await until(shows_half)
    left, top, right, bottom = await _box(slider)
    await page.mouse.click(left + (right - left) / 4, (top + bottom) / 2)

    async def follows_the_pointer() -> bool:
        return abs(await _shown(before) - 0.25) < 0.02

    await until(follows_the_pointer)
    share = await _shown(before)
    await page.keyboard.press("ArrowRight")

    async def follows_the_arrow() -> bool:
        return await _shown(before) > share

    await until(follows_the_arrow)  # and the arrow has turned to no other picture
    await expect(compare).to_have_attribute("aria-pressed", "true")
    await _shoot(page, artefacts, f"viewer-{language}")

    caption = viewer.locator(".viewer-caption")
    await caption.evaluate("(element) => { element.textContent = 'Many words. '.repeat(30) }")
    assert await caption.evaluate("(element) => element.scrollHeight <= element.clientHeight + 1")

    async def caption_covers_nothing() -> bool:
        return not await _overlap(caption, viewer.locator(".viewer-frame"))

    await until(caption_covers_nothing)
    await page.keyboard.press("Escape")
    await expect(viewer).to_be_hidden()
    await _shoot(page, artefacts, f"painted-{language}")
