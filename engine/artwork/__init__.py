"""The program that painted the presets: brush strokes, washes, tiles and glass. It does not ship."""
