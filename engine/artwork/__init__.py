"""The program that painted our presets: brush strokes, washes, tiles and glass, by code."""
