"""Every error that a person may meet: a stable code for programs and one kind sentence for people."""

from __future__ import annotations


class AtelierError(Exception):
    """Something that a person can understand and act on.

    ``code`` never changes once released: it is stored with a failed job and translated by the bot.
    """

    code = "internal"

    def __init__(self, message: str, **facts: object) -> None:
        super().__init__(message)
        self.facts = facts


class ImageError(AtelierError):
    """The bytes are not an image that can be painted."""

    code = "image-unreadable"


class ImageTruncatedError(ImageError):
    """The image ends too early: the upload or the file was cut off."""

    code = "image-truncated"


class ImageTooLargeError(ImageError):
    """More bytes or pixels than we decode."""

    code = "image-too-large"


class ImageTooSmallError(ImageError):
    """Too few pixels to paint on."""

    code = "image-too-small"


class ImageTooNarrowError(ImageError):
    """An aspect ratio that neither the painter nor Telegram can do anything good with."""

    code = "image-too-narrow"


class ImageTooSlowError(ImageError):
    """Made to keep its reader busy, by design or by accident."""

    code = "image-too-slow"


class OutOfMemoryError(AtelierError):
    """The painting needs more memory than there is, even in tiles."""

    code = "out-of-memory"


class RecipeError(AtelierError):
    """A setting of the painting is out of its range."""

    code = "recipe-invalid"


class UnknownPresetError(AtelierError):
    """No preset has this id."""

    code = "preset-unknown"


class UnusableStyleError(AtelierError):
    """An operator's image, or what stands beside it, that cannot be a style."""

    code = "style-unusable"


class WrongPictureError(AtelierError):
    """A file that should be a certain painting and is not."""

    code = "picture-wrong"


class WeightsError(AtelierError):
    """No network weights could be had, or those at hand are not what they should be."""

    code = "weights-unavailable"


class NumericalError(AtelierError):
    """The optimisation left the real numbers, in fp32 too."""

    code = "painting-diverged"


class TooManyJobsError(AtelierError):
    """This owner has as many live jobs as one person may have."""

    code = "too-many-jobs"


class TooManyTodayError(AtelierError):
    """This owner has had as many paintings in 24 hours as one person may have."""

    code = "too-many-today"


class QueueUnavailableError(AtelierError):
    """The database does not answer, or is too busy to."""

    code = "queue-unavailable"


class StorageFullError(AtelierError):
    """The database has no room left."""

    code = "storage-full"
