"""Conversion to sRGB from colour spaces that are given by numbers, of which HDR is tone-mapped.

Sources: ITU-T H.273 (07/2024), tables 2 and 3; ITU-R BT.2100-2 for HLG's display; ITU-R BT.2390-11, 5.4.1,
for tone mapping; ITU-R BT.2408-7 for reference white; IEC 61966-2-1 for sRGB.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from engine.imaging.colour_tags import HLG, LINEAR, PQ, SRGB_CURVE, UNSPECIFIED, Calibration, Cicp

Floats = npt.NDArray[np.float64]
Curve = Callable[[Floats], Floats]
"""From a signal of 0 to 1 to light, of which 1 is white."""

REFERENCE_WHITE: Final = 203.0
"""Nits of a sheet of white paper in an HDR picture, which becomes sRGB's white but for the roll-off."""
PEAK: Final = 1000.0
"""Nits of the brightest light that is told apart, and of the display that HLG is shown on.

It is what browsers assume. A file may say more, but then its white would have to become grey.
"""

_D65: Final = (0.3127, 0.3290)
_C: Final = (0.310, 0.316)
PRIMARIES: Final[dict[int, tuple[float, ...]]] = {
    1: (0.640, 0.330, 0.300, 0.600, 0.150, 0.060, *_D65),  # BT.709, sRGB
    4: (0.670, 0.330, 0.210, 0.710, 0.140, 0.080, *_C),  # NTSC of 1953
    5: (0.640, 0.330, 0.290, 0.600, 0.150, 0.060, *_D65),  # BT.601, 625 lines
    6: (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, *_D65),  # BT.601, 525 lines
    7: (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, *_D65),  # SMPTE 240M
    8: (0.681, 0.319, 0.243, 0.692, 0.145, 0.049, *_C),  # film
    9: (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, *_D65),  # BT.2020, BT.2100
    11: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.314, 0.351),  # P3 of cinemas
    12: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, *_D65),  # Display P3
    22: (0.630, 0.340, 0.295, 0.605, 0.155, 0.077, *_D65),  # EBU 3213
}
"""x and y of red, green, blue and white."""


def _bt_709(signal: Floats) -> Floats:
    """Return the light that a camera of BT.709, BT.601 or BT.2020 had seen."""
    alpha, beta = 1.09929682680944, 0.018053968510807
    return np.where(signal < 4.5 * beta, signal / 4.5, ((signal + alpha - 1) / alpha) ** (1 / 0.45))


def _smpte_240m(signal: Floats) -> Floats:
    alpha, beta = 1.111572195921731, 0.022821585529445
    return np.where(signal < 4 * beta, signal / 4, ((signal + alpha - 1) / alpha) ** (1 / 0.45))


def _srgb(signal: Floats) -> Floats:
    return np.where(signal <= 0.04045, signal / 12.92, ((signal + 0.055) / 1.055) ** 2.4)


def _srgb_signal(light: Floats) -> Floats:
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


_M1, _M2, _C1, _C2, _C3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128


def pq(signal: Floats) -> Floats:
    """Return the light of a PQ signal, in reference whites."""
    power = signal ** (1 / _M2)
    nits: Floats = 10_000 * (np.maximum(power - _C1, 0) / (_C2 - _C3 * power)) ** (1 / _M1)
    return nits / REFERENCE_WHITE


def pq_signal(light: Floats) -> Floats:
    """Return the PQ signal of a light in reference whites."""
    power = (light * REFERENCE_WHITE / 10_000) ** _M1
    signal: Floats = ((_C1 + _C2 * power) / (1 + _C3 * power)) ** _M2
    return signal


def hlg(signal: Floats) -> Floats:
    """Return the light of the scene for an HLG signal, 0 to 1."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)


CURVES: Final[dict[int, Curve]] = {
    **dict.fromkeys((1, 6, 14, 15), _bt_709),
    4: lambda signal: signal**2.2,
    5: lambda signal: signal**2.8,
    7: _smpte_240m,
    LINEAR: lambda signal: signal,
    SRGB_CURVE: _srgb,
    PQ: pq,
    HLG: hlg,
}
"""Transfer characteristics, by H.273's numbers."""


def tone_map(light: Floats) -> Floats:
    """Return what a display of reference white shows for a light of up to :data:`PEAK`, in reference whites.

    The electrical-electrical transfer function of BT.2390: up to about 90 nits light stays as it is, and
    above it rolls off, so that the reference white becomes 229 of 255, and the peak 255.
    """
    peak = pq_signal(np.array(PEAK / REFERENCE_WHITE))
    highest = pq_signal(np.array(1.0)) / peak
    knee = 1.5 * highest - 0.5
    signal = np.minimum(pq_signal(light) / peak, 1)
    t = np.maximum(signal - knee, 0) / (1 - knee)
    spline = (
        (2 * t**3 - 3 * t**2 + 1) * knee
        + (t**3 - 2 * t**2 + t) * (1 - knee)
        + (3 * t**2 - 2 * t**3) * highest
    )
    return pq(np.where(signal < knee, signal, spline) * peak)


def to_xyz(primaries: tuple[float, ...]) -> Floats:
    """Return the matrix from linear RGB to XYZ under a white of D65 (Bradford).

    Raises:
        ValueError: the primaries make no triangle around the white point.
    """
    x, y = np.array(primaries, float).reshape(4, 2).T
    if not (np.isfinite(x).all() and np.isfinite(y).all() and y[3] > 0):
        raise ValueError("no chromaticities")
    columns = np.stack([x[:3], y[:3], 1 - x[:3] - y[:3]])
    white = np.array([x[3], y[3], 1 - x[3] - y[3]]) / y[3]
    if abs(np.linalg.det(columns)) < 1e-4:
        raise ValueError("primaries in a line")
    scale = np.linalg.solve(columns, white)
    if (scale <= 0).any():
        raise ValueError("white outside of the primaries")
    bradford = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
    d65 = np.array([_D65[0], _D65[1], 1 - sum(_D65)]) / _D65[1]
    cones = (bradford @ d65) / (bradford @ white)
    adapted: Floats = np.linalg.inv(bradford) @ np.diag(cones) @ bradford @ (columns * scale)
    return adapted


_LEVELS: Final = np.round(255 * _srgb_signal(np.linspace(0, 1, 2**16))).astype(np.uint8)
"""sRGB's level, by linear light of 0 to 65535."""
_BRIGHTEST: Final = 10_000 / REFERENCE_WHITE
"""PQ's brightest light, in reference whites."""
_STEPS: Final = 4095
_LIGHTS: Final = _BRIGHTEST * np.linspace(0, 1, _STEPS + 1)[1:] ** 2
_TONED: Final = np.append(1, tone_map(_LIGHTS) / _LIGHTS).astype(np.float32)
"""The factor that maps a light, by the root of its share of the brightest."""


class Conversion:
    """A conversion from a colour space to sRGB, as a browser does it. Colours outside of sRGB are clipped."""

    def __init__(self, source: Cicp | Calibration) -> None:
        """Prepare the conversion.

        Raises:
            ValueError: the primaries are impossible.
        """
        signal = np.arange(256) / 255
        if isinstance(source, Cicp):
            if not source.full_range:
                signal = np.clip((np.arange(256) - 16) / 219, 0, 1)
            primaries = PRIMARIES.get(source.primaries, PRIMARIES[1])
            self._transfer = source.transfer
            light = CURVES.get(source.transfer, _srgb)(signal)
        else:
            primaries = source.primaries or PRIMARIES[1]
            self._transfer = UNSPECIFIED
            light = _srgb(signal) if source.gamma is None else signal ** (1 / source.gamma)
        matrix = to_xyz(primaries)
        self._light = light.astype(np.float32)
        self._luminance = matrix[1].astype(np.float32)
        self._matrix = (np.linalg.inv(to_xyz(PRIMARIES[1])) @ matrix).T.astype(np.float32)

    def apply(self, part: Image.Image) -> Image.Image:
        """Return a picture, of any mode without alpha, in sRGB."""
        light = np.take(self._light, np.asarray(part.convert("RGB")))
        if self._transfer == HLG:  # the display's system gamma of 1.2
            light *= (PEAK / REFERENCE_WHITE) * np.power(light @ self._luminance, np.float32(0.2))[..., None]
        if self._transfer in (PQ, HLG):
            top = np.maximum(np.maximum(light[..., 0], light[..., 1]), light[..., 2])
            step = np.sqrt(top * np.float32(1 / _BRIGHTEST)) * _STEPS + np.float32(0.5)
            light *= np.take(_TONED, step.astype(np.uint16))[..., None]
        light = light @ self._matrix
        np.clip(light, 0, 1, out=light)
        light *= 65535
        light += 0.5
        return Image.fromarray(np.take(_LEVELS, light.astype(np.uint16)))
