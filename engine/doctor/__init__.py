"""The checks of ``doctor`` on a machine that paints: each is a function that returns findings."""

from engine.doctor.finding import Finding, Mark, Report, as_json, well

__all__ = ["Finding", "Mark", "Report", "as_json", "well"]
