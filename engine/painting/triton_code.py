"""The code of the kernels, for canvases whose channels are last. Triton compiles it for the GPU that paints.

Pointers come first, then how many numbers or pixels there are, then sizes in pixels or places. Pictures are
N×H×W×C in memory.

Source: Tillet, Kung & Cox, "Triton: An Intermediate Language and Compiler for Tiled Neural Network
Computations" (2019).
"""

from __future__ import annotations

import triton
import triton.language as tl

SIZES = ("total", "height", "width", "length", "parts")
"""Arguments for whose values nothing is compiled anew: canvases come in many sizes."""
_jit = triton.jit(do_not_specialize=SIZES)


@_jit
def enter_kernel(image, mean, std, found, total, height, width, BLOCK: tl.constexpr):
    """Normalise N×H×W×3, repeat its edges by one pixel, and cast it. ``total`` is the result's pixels."""
    pixel = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)[:, None]
    channel = tl.arange(0, 4)[None, :]
    there = (pixel < total) & (channel < 3)
    column, above = pixel % (width + 2), pixel // (width + 2)
    row, picture = above % (height + 2), above // (height + 2)
    row = tl.minimum(tl.maximum(row - 1, 0), height - 1)
    column = tl.minimum(tl.maximum(column - 1, 0), width - 1)
    value = tl.load(image + ((picture * height + row) * width + column) * 3 + channel, there, 0.0)
    shift = tl.load(mean + channel, channel < 3, 0.0)
    scale = tl.load(std + channel, channel < 3, 1.0)
    value = (value - shift) / scale
    tl.store(found + pixel * 3 + channel, value.to(found.dtype.element_ty), there)


@_jit
def leave_kernel(slope, std, found, total, height, width, BLOCK: tl.constexpr):
    """Return the slope of the picture that entered: N×H×W×3 from N×(H+2)×(W+2)×3. ``total`` is its pixels."""
    pixel = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)[:, None]
    channel = tl.arange(0, 4)[None, :]
    there = (pixel < total) & (channel < 3)
    column, above = pixel % width, pixel // width
    row, picture = above % height, above // height
    value = tl.zeros((BLOCK, 4), tl.float32)
    for down in tl.static_range(3):
        for right in tl.static_range(3):
            # Edges were repeated: their slopes belong to the pixels beside them.
            y, x = row + down, column + right
            takes = there & ((down == 1) | ((down == 0) & (row == 0)) | ((down == 2) & (row == height - 1)))
            takes = takes & (
                (right == 1) | ((right == 0) & (column == 0)) | ((right == 2) & (column == width - 1))
            )
            place = ((picture * (height + 2) + y) * (width + 2) + x) * 3 + channel
            value += tl.load(slope + place, takes, 0.0).to(tl.float32)
    scale = tl.load(std + channel, channel < 3, 1.0)
    tl.store(found + pixel * 3 + channel, value / scale, there)


@triton.jit
def _share(edge, place, length):
    """Weight of the pixel ``edge`` in the blur at ``place``, with the outermost pixels repeated around it."""
    away = tl.abs(edge - place)
    share = tl.where(away == 0, 6.0, tl.where(away == 1, 4.0, tl.where(away == 2, 1.0, 0.0)))
    before, after = place, length - 1 - place
    beyond = tl.where(before == 0, 5.0, tl.where(before == 1, 1.0, 0.0))
    share += tl.where(edge == 0, beyond, 0.0)
    beyond = tl.where(after == 0, 5.0, tl.where(after == 1, 1.0, 0.0))
    return (share + tl.where(edge == length - 1, beyond, 0.0)) / 16


@_jit
def detail_kernel(x, found, total, height, width, BACK: tl.constexpr, BLOCK: tl.constexpr):
    """Return what a binomial blur takes away, or the way back from it. ``total`` counts pixels."""
    pixel = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)[:, None]
    channel = tl.arange(0, 4)[None, :]
    there = (pixel < total) & (channel < 3)
    column, above = pixel % width, pixel // width
    row = above % height
    blurred = tl.zeros((BLOCK, 4), tl.float32)
    for down in range(-2, 3):
        y = row + down
        high = _share(row, y, height) if BACK else _share(y, row, height)
        for right in tl.static_range(-2, 3):
            z = column + right
            wide = _share(column, z, width) if BACK else _share(z, column, width)
            takes = there & (y >= 0) & (y < height) & (z >= 0) & (z < width)
            value = tl.load(x + (pixel + down * width + right) * 3 + channel, takes, 0.0)
            blurred += high * wide * value
    value = tl.load(x + pixel * 3 + channel, there, 0.0)
    tl.store(found + pixel * 3 + channel, value - blurred, there)


@_jit
def pool_kernel(x, found, which, total, channels: tl.constexpr, height, width, BLOCK: tl.constexpr):
    """Take the maximum of 2 × 2 places and zero, and which place has it. ``total``: its numbers."""
    number = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    there = number < total
    across, down = (width + 1) // 2, (height + 1) // 2
    channel, place = number % channels, number // channels
    column, above = 2 * (place % across), place // across
    row, picture = 2 * (above % down), above // down
    most = tl.full((BLOCK,), float("-inf"), tl.float32)
    best = tl.zeros((BLOCK,), tl.int32)
    for corner in tl.static_range(4):
        y, z = row + corner // 2, column + corner % 2
        inside = there & (y < height) & (z < width)
        value = tl.load(x + ((picture * height + y) * width + z) * channels + channel, inside, float("-inf"))
        value = value.to(tl.float32)
        larger = (value > most) | (value != value)
        most, best = tl.where(larger, value, most), tl.where(larger, corner, best)
    most = tl.where(most <= 0, 0.0, most)
    tl.store(found + number, most.to(found.dtype.element_ty), there)
    tl.store(which + number, best.to(tl.uint8), there)


@_jit
def unpool_kernel(
    slope, found, which, pull, total, channels: tl.constexpr, height, width, BLOCK: tl.constexpr
):
    """Return the slope of what was pooled. ``total`` counts numbers of the pooled."""
    number = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    there = number < total
    across, down = (width + 1) // 2, (height + 1) // 2
    channel, place = number % channels, number // channels
    column, above = 2 * (place % across), place // across
    row, picture = 2 * (above % down), above // down
    value = tl.load(slope + number, there, 0.0)
    value = tl.where(tl.load(found + number, there, 0.0) <= 0, 0.0, value)
    best = tl.load(which + number, there, 0)
    for corner in tl.static_range(4):
        y, z = row + corner // 2, column + corner % 2
        inside = there & (y < height) & (z < width)
        here = tl.where(best == corner, value, 0.0).to(pull.dtype.element_ty)
        tl.store(pull + ((picture * height + y) * width + z) * channels + channel, here, inside)


@_jit
def masked_kernel(found, slope, other, result, total, TWO: tl.constexpr, BLOCK: tl.constexpr):
    """Add up one or two slopes of a ReLU, and set them to zero where its result is."""
    number = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    there = number < total
    value = tl.load(slope + number, there, 0.0).to(tl.float32)
    if TWO:
        value += tl.load(other + number, there, 0.0).to(tl.float32)
    value = tl.where(tl.load(found + number, there, 0.0) <= 0, 0.0, value)
    tl.store(result + number, value.to(result.dtype.element_ty), there)


@_jit
def squares_kernel(one, other, found, length, parts, PART: tl.constexpr, BLOCK: tl.constexpr):
    """Sum squared differences over each part of a picture: N×parts, of N×length."""
    part, picture = tl.program_id(0).to(tl.int64), tl.program_id(1).to(tl.int64)
    total = tl.zeros((BLOCK,), tl.float32)
    for start in range(0, PART, BLOCK):
        number = part * PART + start + tl.arange(0, BLOCK)
        there = number < length
        place = picture * length + number
        difference = tl.load(one + place, there, 0.0).to(tl.float32)
        difference -= tl.load(other + place, there, 0.0).to(tl.float32)
        total += difference * difference
    tl.store(found + picture * parts + part, tl.sum(total, 0))


@_jit
def difference_kernel(one, other, factors, found, length, BLOCK: tl.constexpr):
    """Multiply each picture's differences by its factor: N×length."""
    number = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    picture = tl.program_id(1).to(tl.int64)
    there = number < length
    place = picture * length + number
    difference = tl.load(one + place, there, 0.0).to(tl.float32)
    difference -= tl.load(other + place, there, 0.0).to(tl.float32)
    difference *= tl.load(factors + picture)
    tl.store(found + place, difference.to(found.dtype.element_ty), there)


@_jit
def colours_kernel(places, found, length, parts, PART: tl.constexpr, BLOCK: tl.constexpr):
    """Average colours and their products over each part: N×parts×12, of N×length×3."""
    part, picture = tl.program_id(0).to(tl.int64), tl.program_id(1).to(tl.int64)
    out = found + (picture * parts + part) * 12
    channel, line = tl.arange(0, 4)[None, :], tl.arange(0, 4)
    for one in tl.static_range(3):
        mean = tl.zeros((BLOCK,), tl.float32)
        products = tl.zeros((BLOCK, 4), tl.float32)
        for start in range(0, PART, BLOCK):
            number = part * PART + start + tl.arange(0, BLOCK)
            place = (picture * length + number) * 3
            value = tl.load(places + place + one, number < length, 0.0)
            every = tl.load(
                places + place[:, None] + channel, (number < length)[:, None] & (channel < 3), 0.0
            )
            mean += value
            products += value[:, None] * every
        tl.store(out + one, tl.sum(mean, 0) / length)
        tl.store(out + 3 + 3 * one + line, tl.sum(products, 0) / length, line < 3)


@_jit
def colours_back_kernel(places, first, both, found, length, BLOCK: tl.constexpr):
    """Return the slope of averages of colours: N×length×3."""
    number = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    picture = tl.program_id(1).to(tl.int64)
    place, channel = (picture * length + number) * 3, tl.arange(0, 4)[None, :]
    value = tl.load(first + picture * 3 + channel, channel < 3, 0.0) + tl.zeros((BLOCK, 4), tl.float32)
    for one in tl.static_range(3):
        own = tl.load(places + place + one, number < length, 0.0)
        value += own[:, None] * tl.load(both + (picture * 3 + one) * 3 + channel, channel < 3, 0.0)
    there = (number < length)[:, None] & (channel < 3)
    tl.store(found + place[:, None] + channel, value / length, there)
