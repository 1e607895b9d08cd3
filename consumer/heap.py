"""The heap of a process that runs for months: flat, and never stopped for long by the collector.

Left to itself, glibc keeps what is freed in as many arenas as there are threads, and moves its own limits as it goes: with fetches and
batches of every size, resident memory breathes by tens of megabytes. And a full collection of garbage looks at every object that was
ever loaded: where torch is, a third of a second of each 36,000 posts, in which no post goes on.
"""

import ctypes
import gc
import sys

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8  # mallopt(3)
LARGE_BYTES = 128 * 1024
LARGEST_KEPT_BYTES = 32 * 1024 * 1024  # the most that glibc takes
MOST_KEPT_BYTES = 512 * 1024 * 1024


def return_large_blocks() -> None:
    """What is 128 KiB or larger goes back to the system when it is freed: for few large buffers. Call it before threads are started."""
    _call("mallopt", M_ARENA_MAX, 1)
    _call("mallopt", M_MMAP_THRESHOLD, LARGE_BYTES)


def keep_large_blocks() -> None:
    """What is freed is kept for the next one: for many large arrays, whose pages made scoring a seventh slower. Call it as the other."""
    _call("mallopt", M_ARENA_MAX, 1)
    _call("mallopt", M_MMAP_THRESHOLD, LARGEST_KEPT_BYTES)
    _call("mallopt", M_TRIM_THRESHOLD, MOST_KEPT_BYTES)


def settle() -> None:
    """What is loaded by now stays to the end: the collector need not look at it again. What loading left over is given back."""
    gc.collect()
    gc.freeze()
    _call("malloc_trim", 0)


def unsettle() -> None:
    """The collector looks at everything again: what is never collected is reported as a leak by libraries when the process ends."""
    gc.unfreeze()


def _call(name: str, *arguments: int) -> None:
    """A function of glibc; nothing where the C library has none of that name."""
    if sys.platform == "linux" and (function := getattr(ctypes.CDLL(None), name, None)):
        function(*arguments)
