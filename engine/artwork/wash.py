"""Wet washes: transparent pigment that pools at its edges and settles in the paper's pits.

The effects are those that Curtis et al. 1997 (*Computer-Generated Watercolor*) simulate – edge darkening,
granulation, flow – drawn directly from distances and noise.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from engine.artwork.fields import Array, Rng, Shape, fractal, grid, noise, smoothstep

Window: TypeAlias = tuple[slice, slice]


class Paper:
    """A sheet at twice the final resolution. Washes multiply its light; none hides another."""

    def __init__(self, shape: Shape, white: Array, rng: Rng) -> None:
        self.shape, self.rng = shape, rng
        self.x, self.y = grid(shape)
        self.tooth = noise(shape, 0.0026, rng) + 0.6 * noise(shape, 0.0014, rng)
        self._rough = fractal(shape, 0.030, 4, rng)
        self._pools = fractal(shape, 0.085, 3, rng)
        self._white = white * (1 + 0.022 * self.tooth)[..., None]
        self.light = self._white.copy()

    def lift(self, share: Array, at: Window) -> None:
        """Lift pigment as with a damp sponge: where ``share`` is 1, the paper is white again."""
        self.light[at] += share[..., None] * (self._white[at] - self.light[at])

    def window(self, left: float, top: float, right: float, bottom: float) -> Window:
        """Return the pixels of a box in canvas widths, as far as they are on the sheet."""
        rows, columns = (
            slice(max(0, int(low * self.shape[1])), max(0, int(high * self.shape[1]) + 1))
            for low, high in ((top, bottom), (left, right))
        )
        return rows, columns

    def wash(
        self,
        depth: Array,
        pigment: Array,
        strength: Array | float = 1.0,
        *,
        at: Window = (slice(None), slice(None)),
        soft: float = 0.0012,
        rough: float = 0.003,
        rim: float = 0.8,
        grain: float = 0.09,
        pools: float = 0.28,
    ) -> None:
        """Lay a wash where ``depth``, the distance from its outline in canvas widths, is positive.

        Args:
            depth: negative outside; of the window ``at`` alone.
            pigment: the light that a wash of strength 1 lets through, 0..1 per channel.
            strength: amount of pigment.
            at: the window; the whole sheet if not given.
            soft: bleeding over the outline, in canvas widths; small on dry paper.
            rough: roughness of the outline.
            rim: darkening of the edge as it dries.
            grain: share of the pigment that settles in the paper's pits.
            pools: unevenness of the wet wash.
        """
        inside = depth + rough * self._rough[at]
        cover = smoothstep(-soft, soft, inside)
        from_edge = np.maximum(inside, 0)
        edge = rim * (np.exp(-from_edge / 0.0028) + 0.3 * np.exp(-from_edge / 0.012))
        self.stain(cover * (1 + edge + pools * self._pools[at]), pigment, strength, at=at, grain=grain)

    def stain(
        self,
        amount: Array,
        pigment: Array,
        strength: Array | float = 1.0,
        *,
        at: Window = (slice(None), slice(None)),
        grain: float = 0.09,
    ) -> None:
        """Lay an amount of pigment per pixel (Beer and Lambert: the more, the deeper the colour)."""
        total = np.maximum(amount * strength * np.clip(1 - grain * self.tooth[at], 0.6, 1.5), 0)
        self.light[at] *= np.clip(pigment, 0.02, 1) ** total[..., None]
