"""Damaged and forged pictures without end: ``make fuzz``."""
