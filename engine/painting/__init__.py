"""The painter, a pure library over tensors and images: no settings, no globals, no I/O but bytes."""
