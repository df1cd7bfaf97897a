"""Read and write images: decoding, limits, colour management, encoding. Pillow only: the bot uses it too."""
