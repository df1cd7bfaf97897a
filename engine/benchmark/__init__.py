"""The benchmark: our painter against the loop that everybody copies, timed and judged in one run."""
