"""Statistics of a layer's activations: what a style is.

A new statistic is one class and one line of :data:`STATISTICS`. The recipe's choices, the command line and
the style cache's key follow from there. Nothing here imports torch before a statistic is taken, because the
bot reads the names.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from torch import Tensor

    from engine.painting.sums import Sums, Values


class Statistic(Protocol):
    """A statistic of N×C×h×w activations, in fp32: Gram matrices overflow in 16 bits."""

    @property
    def name(self) -> str:
        """Name of the values, for recipes and caches."""
        ...

    @property
    def summary(self) -> str:
        """A few words for the command line's help."""
        ...

    def sums(self, activations: Tensor, weights: Tensor | None = None) -> Sums:
        """Sum over places.

        Args:
            activations: N×C×h×w, of a whole layer or of a tile.
            weights: N×1×h×w, how much each place counts; 1 / (h·w) each if not said.
        """
        ...

    def values(self, averages: Sums) -> Values:
        """Return the statistic, given the sums over all tiles, whose weights add up to one."""
        ...

    def blend(self, parts: Iterable[tuple[float, Values]]) -> Values:
        """Blend the values of several styles by weights whose sum need not be one."""
        ...

    def weights(self, target: Values) -> Sequence[Tensor]:
        """Return what the squared difference of each value from the target's counts, N numbers each."""
        ...

    def distance(self, values: Values, target: Values) -> Tensor:
        """Return how far the values are from the target's, N numbers; 0 is equal."""
        ...


class _SecondOrder(ABC):
    """Sums of activations and of their products, N×C and N×C×C; styles blend linearly."""

    def sums(self, activations: Tensor, weights: Tensor | None = None) -> Sums:
        from engine.painting.sums import sums

        return sums(activations, weights)

    def blend(self, parts: Iterable[tuple[float, Values]]) -> Values:
        from engine.painting.sums import blend

        return blend(parts)

    @abstractmethod
    def weights(self, target: Values) -> Sequence[Tensor]: ...

    def distance(self, values: Values, target: Values) -> Tensor:
        from engine.painting.sums import distance

        return distance(values, target, self.weights(target))


class Moments(_SecondOrder):
    """Mean, N×C, and covariance, N×C×C, of the channels over all places.

    The distance is relative: squared differences, each over the target's own square, so that neither the
    network's scale nor the image's size changes it. 1 is as far as nothing at all.
    """

    name = "moments"
    summary = "mean and covariance of the channels"

    def values(self, averages: Sums) -> Values:
        """Return mean and covariance."""
        from engine.painting.sums import covariance

        mean, second = averages
        return mean, covariance(mean, second)

    def weights(self, target: Values) -> Sequence[Tensor]:
        """Average the relative errors of mean and covariance."""
        return [_relative(each) / 2 for each in target]


class Gram(_SecondOrder):
    """The Gram matrix over the number of places, N×C×C (Gatys et al. 2016, equation 3).

    It mixes mean and covariance. The distance is relative, as that of :class:`Moments`.
    """

    name = "gram"
    summary = "Gram matrix, as Gatys et al. (2016)"

    def values(self, averages: Sums) -> Values:
        """Return the matrix."""
        return averages[1:]

    def weights(self, target: Values) -> Sequence[Tensor]:
        """Take the relative error of the matrix."""
        return [_relative(target[0])]


class ClassicGram(Gram):
    """The Gram matrix, with the distance of Gatys et al. (2016), equation 4."""

    def weights(self, target: Values) -> Sequence[Tensor]:
        """Take Σ (G - A)² / (4 N² M²) for N channels and M places; the matrices are over M already."""
        channels = target[0].shape[1]
        return [target[0].new_full(target[0].shape[:1], 1 / (4 * channels**2))]


STATISTICS: Final[Mapping[str, Statistic]] = {
    statistic.name: statistic
    for statistic in (
        Moments(),
        Gram(),
    )
}
"""Every statistic that a recipe may name."""


def _relative(target: Tensor) -> Tensor:
    from engine.painting.sums import square

    return 1 / square(target).clamp_min(1e-12)
