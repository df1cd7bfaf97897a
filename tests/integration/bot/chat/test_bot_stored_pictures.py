"""The pictures of a job: as large as its painting can use them, and no larger."""

from __future__ import annotations

import asyncio
import io

import torch
from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.chat.orders import ROOM, stored_size
from engine.imaging.decoding import upright_size
from engine.imaging.encoding import encode_jpeg, encode_lossless
from engine.painting import scales
from engine.painting.recipe import Recipe
from engine.painting.tensors import to_tensor
from engine.painting.timelapse import Timelapse
from engine.queue import TIMELAPSE, Job, Leases, Queue
from engine.queue.schema import blob
from engine.queue.schema import picture as pictures
from tests.support.chat import job_of
from tests.support.house import House
from tests.support.pictures import jpeg, sample
from tests.unit.imaging.test_imaging_fitting import picture


async def test_a_job_stores_pictures_little_larger_than_its_canvas_and_its_shape_is_theirs(
    house: House,
) -> None:
    you, queue = house.somebody(), Queue(house.database)
    photo, style = encode_jpeg(picture(1600, 1201), 95), encode_jpeg(picture(1400, 1400), 95)
    await you.heard("Pick a style", after=await you.document(photo, "photo.jpg"))
    await you.tap(await you.heard("?", after=await you.document(style, "style.jpg")), "Paint")
    job = await job_of(queue, you.person)
    recipe = Recipe.of(**job.recipe)
    stored = [await queue.read(job.id, name) or b"" for name in ("content", "style0")]
    assert len(stored[0]) < len(photo) * 0.7
    assert upright_size(stored[0]) == stored_size(1600, 1201, recipe.size)
    assert scales.canvas(*upright_size(stored[0]), recipe.size) == scales.canvas(1600, 1201, recipe.size)
    assert upright_size(stored[1]) == (round(ROOM * recipe.size), round(ROOM * recipe.size))
    plan = scales.plan(*upright_size(stored[0]), recipe.size, recipe.quality)
    assert job.shape == scales.shape(plan, recipe)


async def test_a_painting_of_512_pixels_moves_less_than_a_megabyte_into_the_database(house: House) -> None:
    queue, leases, photo = Queue(house.database), Leases(house.database), sample("china.jpg")
    moved = 0
    for you in (house.somebody(), house.somebody()):
        message = await you.begun(jpeg(photo), "mosaic")
        job = await job_of(queue, you.person)
        assert message
        assert job.recipe["size"] == 512
        moved = await _stored(house.database, job)
        assert (await leases.claim("w"))[0].id == job.id
        # As much grain as a real painting in this style, which takes 0.50 MB.
        style = Image.open(io.BytesIO(await queue.read(job.id, "style0") or b""))
        painting = Image.blend(style.resize((627, 418)), photo.resize((627, 418)), 0.4)
        assert 450_000 < len(encode_lossless(painting)) < 550_000
        film = await asyncio.to_thread(_film, photo, painting)
        assert await leases.finish(job.id, "w", encode_lossless(painting), {}, {TIMELAPSE: film})
        moved += await _stored(house.database, job)
    assert 500_000 < moved < 1_000_000
    async with house.database.connect() as connection:
        assert await connection.scalar(select(func.count()).select_from(pictures)) == 1, "for both of them"


async def _stored(engine: AsyncEngine, job: Job) -> int:
    """Return the bytes that are stored for a job alone."""
    async with engine.connect() as connection:
        size = func.sum(func.length(blob.c.bytes))
        return await connection.scalar(select(size).where(blob.c.job == job.id)) or 0


def _film(photo: Image.Image, painting: Image.Image) -> bytes:
    """Return the film of a photo that becomes a painting, and changes in every frame."""
    ends = [to_tensor(each.convert("RGB"), painting.size) for each in (photo, painting)]
    with Timelapse(*painting.size, photo) as film:
        for step in range(1, 96):
            share = step / 95
            grain = 0.1 * (1 - share) * torch.randn(ends[0].shape, generator=torch.manual_seed(step))
            film.add(share**2, torch.lerp(ends[0], ends[1], share).add(grain).clamp(0, 1))
        return film.finish(painting)
