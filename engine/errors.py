"""Errors with a stable code for programs and a sentence for users."""

from __future__ import annotations


class AtelierError(Exception):
    """An error that a user can understand and act on.

    ``code`` never changes: it is stored with a failed job, and the bot translates it.
    """

    code = "internal"

    def __init__(self, message: str, **facts: object) -> None:
        super().__init__(message)
        self.facts = facts


class ImageError(AtelierError):
    """The file is not an image that can be decoded."""

    code = "image-unreadable"


class ImageDamagedError(ImageError):
    """The file begins as an image, and cannot be decoded."""

    code = "image-damaged"


class ImageVideoError(ImageError):
    """The file is a video."""

    code = "image-video"


class ImageKindError(ImageError):
    """The file is of a kind that is not read. ``kind`` is its name."""

    code = "image-kind"


class ImageTruncatedError(ImageError):
    """The image file ends too early. ``percent`` is how much of the picture is there, if that is known."""

    code = "image-truncated"


class ImageTooLargeError(ImageError):
    """The image has more bytes or pixels than are accepted."""

    code = "image-too-large"


class ImageTooSmallError(ImageError):
    """The image has too few pixels to paint."""

    code = "image-too-small"


class ImageTooNarrowError(ImageError):
    """The image's aspect ratio is beyond what Telegram takes as a photo."""

    code = "image-too-narrow"


class ImageTooSlowError(ImageError):
    """The image takes too long to decode, by design or by accident."""

    code = "image-too-slow"


class OutOfMemoryError(AtelierError):
    """The painting does not fit into the memory, even in tiles."""

    code = "out-of-memory"


class RecipeError(AtelierError):
    """A recipe's setting is unknown or out of its range."""

    code = "recipe-invalid"


class UnknownStyleError(AtelierError):
    """No style has this id."""

    code = "preset-unknown"


class UnusableStyleError(AtelierError):
    """One of the host's own images, or its TOML file, cannot be used as a style."""

    code = "style-unusable"


class WrongPictureError(AtelierError):
    """A downloaded file does not show the expected painting."""

    code = "picture-wrong"


class WeightsError(AtelierError):
    """The network's weights cannot be found, downloaded or read."""

    code = "weights-unavailable"


class NumericalError(AtelierError):
    """The optimisation diverged to infinity or NaN, in fp32 too."""

    code = "painting-diverged"


class TooManyJobsError(AtelierError):
    """The owner has as many live jobs as are allowed."""

    code = "too-many-jobs"


class TooManyTodayError(AtelierError):
    """The owner has had as many paintings in 24 hours as are allowed."""

    code = "too-many-today"


class QueueUnavailableError(AtelierError):
    """The database does not answer, or is too busy."""

    code = "queue-unavailable"


class StorageFullError(AtelierError):
    """The database has no space left."""

    code = "storage-full"
