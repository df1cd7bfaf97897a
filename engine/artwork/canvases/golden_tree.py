"""Golden tree: branches that curl into spirals, on gold leaf, over a meadow of round flowers."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from engine.artwork.brush import finished
from engine.artwork.cartoon import Cartoon
from engine.artwork.curves import Points
from engine.artwork.fields import Array, Rng, blur, fractal, grid, noise, smoothstep
from engine.artwork.palette import colours, mixed, ramp

ASPECT = 0.875

_LEAF = colours("8a5a14", "c08a22", "dcae3c", "efcb62", "f8e29a")
_BARK, _GILT, _DARK = "6a3a16", "f0c24a", "24140e"
_JEWELS = ("c8322a", "1f6f8a", "2f8a5a", "f6efd8", "e8772a", "5a2f7a", "1c2f5f", "e86a8a")
_MEADOW = 0.735
# Heading, length and curl of the branches that leave the trunk.
_BOUGHS = (
    (-2.75, 0.72, 3.0), (-0.40, 0.72, -3.0), (-2.20, 0.74, -3.0), (-0.95, 0.74, 3.0), (-1.72, 0.60, 3.0),
    (-1.45, 0.52, -3.0),
)  # fmt: skip


def paint(size: int, seed: int = 1907) -> Image.Image:
    """Paint the panel, ``size`` pixels wide."""
    rng = np.random.default_rng(seed)
    shape = (2 * round(size * ASPECT), 2 * size)
    ground, seams = _leaf(shape, rng)
    panel = _Panel(ground, rng)
    panel.scrolls()
    panel.meadow()
    panel.tree()
    return finished(_embossed(panel, seams, rng))


def _leaf(shape: tuple[int, int], rng: Rng) -> tuple[Array, Array]:
    """Gold laid leaf by leaf: each a little lighter or redder, with seams where they overlap."""
    x, y = grid(shape)
    pitch = 0.105
    u = (x + 0.004 * noise(shape, 0.05, rng)) / pitch
    v = (y + 0.004 * noise(shape, 0.05, rng)) / pitch + 0.37
    tone = rng.random((16, 16))[np.floor(v).astype(int) % 16, np.floor(u).astype(int) % 16]
    seams = np.minimum(np.minimum(u % 1, 1 - u % 1), np.minimum(v % 1, 1 - v % 1)) * pitch
    clouds = fractal(shape, 0.07, 4, rng)
    glow = 0.5 * np.exp(-((np.hypot(x - 0.5, y - 0.36) / 0.42) ** 2))
    shade = 0.30 + 0.22 * tone + 0.11 * clouds + glow - 0.18 * smoothstep(0.0025, 0.0, seams)
    gold = ramp(_LEAF, shade)
    worn = smoothstep(1.5, 2.2, fractal(shape, 0.018, 3, rng) + 0.3 * clouds)
    return mixed(gold, colours("7a2f1c")[0], 0.6 * worn), seams.astype(np.float32)


class _Panel:
    """The drawing, in colour, and its relief, as grey."""

    def __init__(self, ground: Array, rng: Rng) -> None:
        self.rng = rng
        self.cartoon = Cartoon(ground)
        self._width = ground.shape[1]
        self._raised = Image.new("L", (ground.shape[1], ground.shape[0]), 60)
        self._relief = ImageDraw.Draw(self._raised)

    def relief(self) -> Array:
        """Height, 0..1."""
        return np.asarray(self._raised, dtype=np.float32) / 255

    def disc(self, x: float, y: float, r: float, colour: str, height: int) -> None:
        """A round spot at a height of 0..255."""
        self.cartoon.oval(x, y, r, r, colour)
        self._relief.ellipse([v * self._width for v in (x - r, y - r, x + r, y + r)], fill=height)

    def stroke(self, path: Points, widths: Array, colour: str, height: int) -> None:
        """A tapering line."""
        for (x, y), wide in zip(path.tolist(), widths.tolist(), strict=True):
            self.disc(x, y, wide / 2, colour, height)

    def jewel(self, x: float, y: float, r: float) -> None:
        """Rings of colour about an eye."""
        rng = self.rng
        tones = [_JEWELS[i] for i in rng.permutation(len(_JEWELS))[:3]]
        for share, tone, height in ((1.0, _DARK, 90), (0.88, tones[0], 130), (0.60, _GILT, 210),
                                    (0.48, tones[1], 150), (0.22, tones[2], 220)):  # fmt: skip
            self.disc(x, y, share * r, tone, height)
        if r > 0.014:
            for turn in np.linspace(0, 2 * np.pi, 9)[:-1].tolist():
                self.disc(x + 0.74 * r * np.cos(turn), y + 0.74 * r * np.sin(turn), 0.075 * r, "fff3c8", 220)

    def scrolls(self) -> None:
        """Thin spirals all over the gold."""
        rng = self.rng
        for _ in range(170):
            x, y, r = rng.random(), _MEADOW * rng.random(), 0.018 + 0.030 * rng.random()
            t = np.linspace(0, 1, 120)
            turn = 6.28 * rng.random() + rng.choice([-1, 1]) * t * 15
            path = np.stack([x + r * (1 - t) * np.cos(turn), y + r * (1 - t) * np.sin(turn)], axis=1)
            tone = ("fbe7a4", "9a6a1c", "b98428")[int(rng.integers(0, 3))]
            self.stroke(path, np.full(120, 0.0026), tone, 120)

    def meadow(self) -> None:
        """A bank of flowers, triangles and squares in rows, the nearer the larger."""
        rng = self.rng
        x = np.linspace(-0.02, 1.02, 80)
        edge = _MEADOW + 0.022 * np.sin(7 * x + 0.5)
        bank = np.concatenate([np.stack([x, edge], axis=1), [(1.02, 1.0), (-0.02, 1.0)]])
        self.cartoon.shape(bank, "2a4a34")
        for row in range(6):
            y = _MEADOW + 0.012 + 0.026 * row
            size = 0.012 + 0.0026 * row
            at = -0.02 + 0.03 * rng.random()
            while at < 1.02:
                kind = rng.random()
                px, py = at, y + 0.022 * np.sin(7 * at + 0.5) + 0.005 * rng.standard_normal()
                if kind < 0.62:
                    self.jewel(px, py, size * (0.75 + 0.5 * rng.random()))
                else:
                    tone = (_GILT, *_JEWELS)[int(rng.integers(0, 9))]
                    h = size * 1.2
                    self.cartoon.shape([(px - h, py + h), (px + h, py + h), (px, py - h)], _DARK)
                    low = py + 0.85 * h
                    self.cartoon.shape([(px - 0.8 * h, low), (px + 0.8 * h, low), (px, py - 0.75 * h)], tone)
                    self.disc(px, py + 0.35 * h, 0.28 * h, "fff3c8" if kind < 0.8 else _DARK, 200)
                at += 1.9 * size * (0.8 + 0.4 * rng.random())

    def tree(self) -> None:
        """The trunk rises from the meadow; each branch bends more and more, as a fern does."""
        found: list[tuple[Points, Array]] = []
        ends: list[tuple[float, float, float]] = []

        def grow(
            x: float, y: float, heading: float, thick: float, long: float, curl: float, left: int
        ) -> None:
            steps = max(40, int(long / 0.0016))
            s = np.linspace(0, 1, steps)
            bend = curl * (0.25 + 5.2 * s**3.2 + 14 * s**14) / long * 1.25
            turn = heading + np.cumsum(bend) * long / steps
            ways = np.stack([np.cos(turn), np.sin(turn)], axis=1)
            path = np.array([x, y]) + np.cumsum(ways, axis=0) * long / steps
            widths = thick * (1 - 0.84 * s**0.8)
            found.append((path, widths))
            ends.append((float(path[-1, 0]), float(path[-1, 1]), float(thick)))
            if left:
                for share, side in ((0.20, -1), (0.36, 1), (0.50, -1))[: 1 + left]:
                    i = int(share * steps * (0.9 + 0.2 * self.rng.random()))
                    way = -np.sign(curl) * side
                    grow(
                        float(path[i, 0]), float(path[i, 1]), float(turn[i]) + 0.55 * way,
                        float(0.72 * widths[i]),
                        long * (0.62 - 0.09 * share) * (0.85 + 0.3 * self.rng.random()),
                        float(way) * (2.5 + 0.8 * self.rng.random()), left - 1,
                    )  # fmt: skip

        for heading, long, curl in _BOUGHS:
            grow(0.5, 0.50, heading, 0.030, long, curl, 2)
        t = np.linspace(0, 1, 400)
        trunk = np.stack([0.5 + 0.012 * np.sin(5 * t), 0.80 - 0.32 * t], axis=1)
        found.append((trunk, 0.062 + 0.055 * (1 - t) ** 3 - 0.012 * t))
        for extra, tone, height in ((0.0052, _DARK, 120), (0.0, _BARK, 190)):
            for path, widths in found:
                self.stroke(path, widths + extra, tone, height)
        for path, widths in found:
            if widths[0] > 0.008:
                self.stroke(path, 0.42 * widths, _GILT, 235)
        for x, y, thick in ends:
            self.jewel(x, y, 0.009 + 0.28 * thick)
        path, widths = found[-1]
        for i in range(6, len(path) - 10, 17):  # the trunk wears ornaments
            off = np.clip(0.30 * widths[i] * self.rng.standard_normal(), -0.02, 0.02)
            self.jewel(float(path[i, 0] + off), float(path[i, 1]), 0.008 + 0.007 * self.rng.random())


def _embossed(panel: _Panel, seams: Array, rng: Rng) -> Array:
    """Raised gesso under the gold, lit from the upper left, with the sparkle of beaten metal."""
    picture, relief = panel.cartoon.picture(), panel.relief()
    shape = (relief.shape[0], relief.shape[1])
    beaten = fractal(shape, 0.006, 3, rng)
    height = blur(relief, 1.6 * shape[1] / 2048) * 3.0 + 0.10 * beaten
    slope_y, slope_x = (g * np.float32(shape[1] / 2048) for g in np.gradient(height))
    shade = np.tanh(2.2 * (slope_x + slope_y))
    lit = picture * (1 + 0.48 * shade + 0.05 * beaten)[..., None]
    red = picture[..., 0]
    metal = smoothstep(0.10, 0.32, red - picture[..., 2]) * smoothstep(0.45, 0.75, red)
    glint = metal * np.clip(shade - 0.15, 0, 1) * (0.6 + 0.4 * smoothstep(0.0, 0.004, seams))
    return np.asarray(lit + glint[..., None] * colours("fff0b8")[0] * 0.55, dtype=np.float32)
