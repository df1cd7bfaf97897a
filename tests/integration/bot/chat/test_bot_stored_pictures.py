"""The pictures of a job: as large as its painting can use them, and no larger."""

from __future__ import annotations

from engine.imaging.decoding import upright_size
from engine.imaging.encoding import encode_jpeg
from engine.painting import scales
from engine.painting.recipe import Recipe
from engine.queue import Queue
from tests.support.chat import job_of
from tests.support.house import House
from tests.unit.imaging.test_imaging_fitting import picture


async def test_a_job_stores_pictures_of_twice_its_canvas_and_its_shape_is_theirs(house: House) -> None:
    you, queue = house.somebody(), Queue(house.database)
    photo, style = encode_jpeg(picture(1600, 1201), 95), encode_jpeg(picture(1400, 1400), 95)
    await you.heard("Pick a style", after=await you.document(photo, "photo.jpg"))
    await you.tap(await you.heard("?", after=await you.document(style, "style.jpg")), "Paint")
    job = await job_of(queue, you.person)
    recipe = Recipe.of(**job.recipe)
    stored = [await queue.read(job.id, name) or b"" for name in ("content", "style0")]
    assert len(stored[0]) < len(photo) * 0.7
    assert upright_size(stored[0]) == tuple(2 * side for side in scales.canvas(1600, 1201, recipe.size))
    assert upright_size(stored[1]) == (2 * recipe.size, 2 * recipe.size)
    plan = scales.plan(*upright_size(stored[0]), recipe.size, recipe.quality)
    assert job.shape == scales.shape(plan, recipe)
