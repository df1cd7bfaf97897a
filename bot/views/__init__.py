"""What the bot shows: keyboards, captions, images. No I/O but bytes."""
