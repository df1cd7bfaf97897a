"""Load and soak tests: ``make load`` and ``make soak``."""
