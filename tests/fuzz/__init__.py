"""Fuzz test of the image decoder: ``make fuzz``."""
