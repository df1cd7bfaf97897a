"""The networks' weights: read from a file or the cache, or downloaded, and verified.

The cache holds one safetensors file a network. The file's name carries the digest of its content, so that an
incomplete or damaged file is never used.
"""

from engine.weights.cache import from_cache, store
from engine.weights.face_source import faces_from_registry, faces_judge_from_registry
from engine.weights.files import parse_safetensors, read
from engine.weights.judge_source import second_judge_from_registry
from engine.weights.registry_source import from_registry
from engine.weights.resolution import (
    kept_network,
    read_chosen,
    resolve,
    resolve_faces,
    resolve_faces_judge,
    resolve_judge,
    resolve_second_judge,
)
from engine.weights.state import (
    FACES,
    FACES_JUDGE,
    JUDGE,
    SECOND_JUDGE,
    Networks,
    Report,
    State,
    Weights,
)
from engine.weights.torchvision_source import from_torchvision

__all__ = [
    "FACES",
    "FACES_JUDGE",
    "JUDGE",
    "SECOND_JUDGE",
    "Networks",
    "Report",
    "State",
    "Weights",
    "faces_from_registry",
    "faces_judge_from_registry",
    "from_cache",
    "from_registry",
    "from_torchvision",
    "kept_network",
    "parse_safetensors",
    "read",
    "read_chosen",
    "resolve",
    "resolve_faces",
    "resolve_faces_judge",
    "resolve_judge",
    "resolve_second_judge",
    "second_judge_from_registry",
    "store",
]
