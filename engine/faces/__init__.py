"""The face finder: a small network that runs on the CPU. What it finds is neither stored nor logged."""

from engine.faces.finder import FaceFinder

__all__ = ["FaceFinder"]
