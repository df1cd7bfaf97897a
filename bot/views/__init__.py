"""The views: keyboards, captions, images. No I/O but bytes."""
