"""What ``doctor`` looks at on a machine that paints: each check is a function that gives findings."""

from engine.doctor.finding import Finding, Mark, as_json, show, well

__all__ = ["Finding", "Mark", "as_json", "show", "well"]
