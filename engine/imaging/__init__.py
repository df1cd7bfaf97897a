"""Reading and writing images: limits, decoding, colour management, encoding.

The bot uses it too, so it needs Pillow, pillow-heif and numpy only.
"""
