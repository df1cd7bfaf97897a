"""TODO"""

from __future__ import annotations

from typing import Final

DETAIL: Final = 4000
"""Characters of an error's detail that are kept."""
