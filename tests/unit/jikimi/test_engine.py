"""What is imported once for a worker's scoring processes."""

import subprocess
import sys

CODE = """
import torch
asked = []
for name in ("is_available", "device_count", "_lazy_init"):
    setattr(torch.cuda, name, lambda *_, name=name: asked.append(name))
import jikimi.engine
print(asked)
"""


def test_it_leaves_the_gpu_alone() -> None:
    """CUDA does not survive a fork: a process that asked for it once has children that can't use it."""
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
