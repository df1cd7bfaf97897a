"""Triton's kernels give PyTorch's numbers, and are compiled for every GPU that torch knows, without one."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

triton_is_here = pytest.mark.skipif(
    importlib.util.find_spec("triton") is None, reason="there is no Triton: torch brings it on Linux only"
)
CAPABILITIES: Final = {75: "*fp16", 90: "*bf16"}
"""Turing and Hopper, and their 16 bits."""
OTHERS: Final = dict.fromkeys((80, 86, 89, 100, 120), "*bf16")
"""Ampere, Ada and Blackwell, for which the smallest kernel is compiled."""

INTERPRETED: Final = """
import logging, sys
import torch
from engine.painting.cuda_kernels import near
from engine.painting.fused_kernels import FUSED, FusedKernels, examples, results
from engine.painting import triton_kernels
from engine.painting.triton_kernels import TritonKernels

logging.basicConfig(stream=sys.stdout, format="%(message)s")
cpu = torch.device("cpu")
triton_kernels.PART = triton_kernels.BLOCK = 512  # so that there are several programs and parts
triton_kernels.PIXELS = 64
kernels = TritonKernels()
assert kernels.trusts(cpu)
for name in FUSED:
    for arguments in examples(name, cpu):
        found = results(name, getattr(kernels, name)(*arguments))
        wanted = results(name, getattr(FusedKernels, name)(kernels, *arguments))
        for one, other in zip(found, wanted, strict=True):
            assert (one.shape, one.dtype, one.stride()) == (other.shape, other.dtype, other.stride()), name
            close = 1e-2 if one.dtype == torch.bfloat16 else 1e-6
            assert float((one - other).float().norm()) <= close * float(other.float().norm()), name
broken = TritonKernels()
broken.pool = lambda x: (FusedKernels.pool(broken, x)[0] + 1, FusedKernels.pool(broken, x)[1])
assert not broken.trusts(cpu)
full = TritonKernels()
def lack(x):
    raise torch.OutOfMemoryError("CUDA out of memory")
full.pool = lack
for _ in range(2):  # what could not be tried is not trusted at the next question
    try:
        full.trusts(cpu)
        print("trusted")
    except torch.OutOfMemoryError:
        print("tried")
bare = TritonKernels()
def compile_nothing(*_, **__):
    raise RuntimeError("Failed to find C compiler.\\nPlease specify via CC")
triton_kernels._launch = compile_nothing
assert not bare.trusts(cpu)
for name in FUSED:
    for arguments in examples(name, cpu):
        pairs = zip(results(name, getattr(bare, name)(*arguments)),
                    results(name, getattr(FusedKernels, name)(bare, *arguments)), strict=True)
        assert all(torch.equal(one, other) for one, other in pairs), name
"""


@triton_is_here
def test_each_kernel_gives_the_numbers_of_pytorch_or_none_is_used() -> None:
    """Run by Triton's interpreter, which has to be asked for before the kernels are defined."""
    environment = os.environ | {"TRITON_INTERPRET": "1"}
    done = subprocess.run(
        [sys.executable, "-c", INTERPRETED], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "Triton's kernels are not used: pool gives other numbers than PyTorch.",
        *("tried", "tried"),
        "Triton's kernels are not used: Failed to find C compiler.",
    ]


HALF: Final = "*half"
POINTERS: Final[dict[str, dict[str, str]]] = {
    "enter_kernel": {"found": HALF},
    "leave_kernel": {"slope": HALF},
    "detail_kernel": {},
    "pool_kernel": {"x": HALF, "found": HALF, "which": "*u8"},
    "unpool_kernel": {"slope": HALF, "found": HALF, "which": "*u8", "pull": HALF},
    "masked_kernel": dict.fromkeys(("found", "slope", "other", "result"), HALF),
    "squares_kernel": {"one": HALF, "other": HALF},
    "difference_kernel": {"one": HALF, "other": HALF, "found": HALF},
    "colours_kernel": {},
    "colours_back_kernel": {},
}
"""Arguments of each kernel that are no numbers of 32 bits."""


@triton_is_here
@pytest.mark.parametrize("name", POINTERS)
def test_each_kernel_is_compiled_for_every_generation(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    from engine.painting import triton_code
    from engine.painting.triton_kernels import OPTIONS

    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))
    values: dict[str, Any] = {"BLOCK": 256, "PART": 1024, "BACK": True, "TWO": True, "channels": 64}
    kernel = getattr(triton_code, name)
    constants = {each: values[each] for each in kernel.arg_names if each in values}
    kinds = dict.fromkeys(triton_code.SIZES, "i32") | dict.fromkeys(constants, "constexpr")
    for capability, half in (CAPABILITIES | (OTHERS if name == "masked_kernel" else {})).items():
        pointers = {each: half if kind == HALF else kind for each, kind in POINTERS[name].items()}
        signature = {each: (kinds | pointers).get(each, "*fp32") for each in kernel.arg_names}
        source = ASTSource(fn=kernel, signature=signature, constexprs=constants)
        compiled = triton.compile(source, target=GPUTarget("cuda", capability, 32), options=OPTIONS)
        assert compiled.asm["cubin"].startswith(b"\x7fELF")
