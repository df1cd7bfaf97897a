"""Stained glass: a sun over hills and a river, in panes of coloured glass between dark leads."""

from __future__ import annotations

import numpy as np
from PIL import Image

from engine.artwork.brush import finished
from engine.artwork.cells import Labels, cells
from engine.artwork.fields import Array, Rng, blur, fractal, grid, noise, smoothstep
from engine.artwork.palette import colours, ramp

ASPECT = 1.0

_SKY = colours("fff0a0", "ffc83d", "ff8a2a", "e8433f", "b52a72", "6a2fa0", "2c3fb8", "1c64c4", "123a8c")
_SUN = colours("fff6c8", "ffd84a", "ff9a1f", "e2531f")
_HILLS = (
    colours("5b3fa8", "3c55b8", "7a4fb0", "2f7fb8"),
    colours("0f8f86", "1fae8c", "0b6f8a", "58c08a"),
    colours("3f9e3a", "8fc23c", "1f7a46", "d3cf3e"),
    colours("0d5f3c", "1c8048", "5fa02c", "0a4a50"),
)
_RIVER = colours("bff2f0", "5fd3e6", "2aa5dd", "e9fbf2", "1b7fc9")
_TREES = (
    colours("d8262c", "f0582a", "ff9a2e", "a5173c"),
    colours("f2b61f", "ffdc5a", "e8841f", "c9a51e"),
    colours("c41f5a", "ee4f7a", "8a1d6a", "ff8a7a"),
)
_BORDER = colours("b3122e", "1b3fa8", "d8a21c", "0f7a56")

_SUN_AT = (0.60, 0.31)
_CROWNS = ((0.185, 0.575, 0.105), (0.845, 0.635, 0.088), (0.335, 0.735, 0.072))


def paint(size: int, seed: int = 1220) -> Image.Image:
    """Paint the window, ``size`` pixels wide and high."""
    rng = np.random.default_rng(seed)
    shape = (2 * round(size * ASPECT), 2 * size)
    x0, y0 = grid(shape)
    # Leads are bent by hand: the drawing is warped a little, the frame is not.
    x = x0 + 0.006 * noise(shape, 0.09, rng)
    y = y0 + 0.006 * noise(shape, 0.09, rng)
    plan = _Plan(x, y, x0, y0)
    found = cells(plan.u, plan.v, rng, jitter=0.62, kind=plan.kind, around=plan.around)
    pane = found.label ^ (plan.kind * np.int32(40503))
    lead = np.minimum(found.edge * plan.pitch - 0.0026, plan.lead - 0.0042)
    glass = _glass(plan, pane, lead, rng)
    return finished(_leaded(glass, lead, shape, rng))


class _Plan:
    """The cartoon: per pixel a region, its lattice (u, v), the pitch and the distance to the outline."""

    def __init__(self, x: Array, y: Array, x0: Array, y0: Array) -> None:
        self.shape = x.shape
        dx, dy = x - _SUN_AT[0], y - _SUN_AT[1]
        r, theta = np.hypot(dx, dy), np.arctan2(dy, dx) / (2 * np.pi)
        self.tone = np.clip((r - 0.10) / 0.62, 0, 1).astype(np.float32)
        self.radius = r
        self.kind: Labels = np.ones(x.shape, dtype=np.int32)
        self.around: Labels = np.full(x.shape, 36, dtype=np.int32)
        self.u = (theta * 36 + 0.35 * np.sin(9 * r)).astype(np.float32)
        self.v = (np.log(r + 1e-4) * 36 / (2 * np.pi) * 0.8).astype(np.float32)
        self.pitch = (2 * np.pi * r / 36).astype(np.float32)
        self.lead = np.abs(r - 0.125).astype(np.float32)

        disc = r < 0.125
        self._region(disc, 0, theta * 20, np.where(r < 0.055, 0.5, 2.5), 0.035 + 0 * r, 0.125 - r, around=20)
        self.lead = np.where(disc, np.minimum(self.lead, np.abs(r - 0.055)), self.lead)

        for i in range(4):
            ridge = (
                0.50 + 0.105 * i + 0.050 * np.sin(x * (5.5 + i) + 1.9 * i) + 0.018 * np.sin(x * 13 + 2 * i)
            )
            depth = (y - ridge) * 0.93
            lean = x + 0.5 * depth * (1 if i % 2 else -1)
            self._region(depth > 0, 2 + i, lean / 0.062, depth / 0.043, 0.048 + 0 * r, depth)
        middle = 0.52 + 0.13 * np.sin((y - 0.55) * 9.5) + 0.15 * (y - 0.55)
        half = 0.012 + 0.19 * np.clip(y - 0.575, 0, 1) ** 1.25
        bank = (half - np.abs(x - middle)) * 0.8
        water = np.minimum(bank, (y - 0.585) * 0.9)
        self._region(
            water > 0, 6, (x - middle) / 0.085, (y + 0.2 * (x - middle)) / 0.024, 0.03 + 0 * r, water
        )
        for i, (cx, cy, radius) in enumerate(_CROWNS):
            trunk = np.minimum(0.009 + 0.02 * np.clip(y - cy - radius, 0, 1) - np.abs(x - cx), y - cy)
            trunk = np.minimum(trunk, cy + 2.0 * radius - y)
            self._region(trunk > 0, 11, x / 0.5, y / 0.045, 0.03 + 0 * r, trunk)
            tx, ty = x - cx, (y - cy) * 0.9
            tr, angle = np.hypot(tx, ty), np.arctan2(ty, tx) / (2 * np.pi)
            rings = tr / radius * 3
            spokes = np.where(rings < 1, 5, np.where(rings < 2, 9, 14)).astype(np.int32)
            self._region(
                tr < radius,
                7 + i,
                angle * spokes,
                rings - 0.0,
                radius / 3 + 0 * r,
                radius - tr,
                around=spokes,
            )
        frame = np.minimum(np.minimum(x0, 1 - x0), np.minimum(y0, ASPECT - y0))
        along = np.where(np.minimum(x0, 1 - x0) < np.minimum(y0, ASPECT - y0), y0, x0)
        self._region(frame < 0.043, 10, along / 0.0455, 0.5 + 0 * r, 0.045 + 0 * r, 0.043 - frame)
        corner = np.abs(np.minimum(x0, 1 - x0) - np.minimum(y0, ASPECT - y0)) / np.float32(2**0.5)
        self.lead = np.where(frame < 0.043, np.minimum(self.lead, corner + 0.001), self.lead)
        self.lead = np.minimum(self.lead, np.abs(frame) + 0.001).astype(np.float32)

    def _region(
        self,
        inside: Array,
        kind: int,
        u: Array,
        v: Array,
        pitch: Array,
        depth: Array,
        around: Labels | int = 0,
    ) -> None:
        """Put a region on top: ``depth`` is the signed distance to its outline, which gets a lead."""
        self.kind = np.where(inside, np.int32(kind), self.kind)
        self.around = np.where(inside, np.int32(around), self.around).astype(np.int32)
        self.u = np.where(inside, u, self.u).astype(np.float32)
        self.v = np.where(inside, v, self.v).astype(np.float32)
        self.pitch = np.where(inside, pitch, self.pitch).astype(np.float32)
        self.lead = np.where(inside, depth, np.minimum(self.lead, -depth)).astype(np.float32)


def _glass(plan: _Plan, pane: Labels, lead: Array, rng: Rng) -> Array:
    shape = pane.shape
    dice = rng.random((65536, 4)).astype(np.float32)[pane & 0xFFFF]
    colour = ramp(_SKY, plan.tone + 0.16 * (dice[..., 0] - 0.5))
    sun = ramp(_SUN, np.where(plan.radius < 0.055, 0.2 * dice[..., 0], 0.25 + 0.7 * dice[..., 0]))
    colour = np.where((plan.kind == 0)[..., None], sun, colour)
    sets = {2: _HILLS[0], 3: _HILLS[1], 4: _HILLS[2], 5: _HILLS[3], 6: _RIVER, 10: _BORDER}
    sets |= {7: _TREES[0], 8: _TREES[1], 9: _TREES[2], 11: colours("5a2a18", "7a3a1c", "3f2230")}
    for kind, stops in sets.items():
        here = plan.kind == kind
        colour[here] = stops[(dice[here][:, 0] * len(stops)).astype(np.int32)]
    # Each pane was blown on its own: streaks, waves and thickness differ.
    streak = fractal(shape, 0.028, 4, rng, stretch=3.5)
    swirl = np.sin(5 * fractal(shape, 0.07, 3, rng) + 6.28 * dice[..., 1])
    depth = 1.0 + 0.7 * (dice[..., 2] - 0.5) - 0.26 * streak - 0.22 * swirl
    depth += 0.85 * smoothstep(0.018, 0.0, lead)
    hammered = fractal(shape, 0.0065, 3, rng)
    slope_y, slope_x = np.gradient(hammered)
    scale = shape[1] / 2048
    sparkle = np.tanh(scale * 2.2 * (slope_x + slope_y))
    light = 1.06 + 0.11 * sparkle + 0.35 * smoothstep(2.0, 2.6, noise(shape, 0.005, rng))
    # Thicker glass takes more of every colour (Beer and Lambert): a power, which deepens and never greys.
    colour = np.clip(colour, 0.02, 1) ** np.clip(depth, 0.35, 2.6)[..., None] * light[..., None]
    # Brush-painted veins, in brown enamel, on every other pane.
    vein = np.abs(np.sin(140 * (plan.u * plan.pitch + 0.004 * noise(shape, 0.02, rng)) + 6.28 * dice[..., 3]))
    veined = smoothstep(0.16, 0.05, vein) * (dice[..., 3] > 0.55) * smoothstep(0.004, 0.012, lead)
    return np.asarray(colour * (1 - 0.55 * veined)[..., None], dtype=np.float32)


def _leaded(glass: Array, lead: Array, shape: tuple[int, ...], rng: Rng) -> Array:
    """Cames: round dark metal between the panes, lit from the upper left, in the glow of the glass."""
    cover = smoothstep(0.0010, -0.0006, lead)
    profile = np.sqrt(np.clip(-lead / 0.0045, 0, 1))
    profile += 0.05 * noise((shape[0], shape[1]), 0.006, rng) * cover
    slope_y, slope_x = np.gradient(blur(profile, 1.2 * shape[1] / 2048))
    shine = np.tanh(-(slope_x + slope_y) * 5 * shape[1] / 2048)
    metal = colours("15161c")[0] + np.clip(shine, 0, 1)[..., None] * colours("8a8fa0")[0] * 0.75
    metal = metal + 0.05 * profile[..., None]
    picture = glass * (1 - cover)[..., None] + metal * cover[..., None]
    bloom = blur(np.clip(picture, 0, 1.2) ** 2, 0.009 * shape[1])
    return np.asarray(picture * 0.94 + 0.20 * bloom, dtype=np.float32)
