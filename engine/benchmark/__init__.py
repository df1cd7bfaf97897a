"""The benchmark: the painter against the usual PyTorch loop, timed and judged in one run."""
