"""A worker's slot: its fixed transactional id, held by one live process at a time.

A named slot (an ordinal of a StatefulSet, say) gives the same id on whatever host the worker runs. Without a name the worker takes
the first free slot of its host by a lock on a file, which the kernel lets go when the process ends, however it ends.
"""

import fcntl
import json
import os
import secrets
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from consumer.errors import SlotError

MAX_SLOTS = 256


def slot_folder(given: str | None) -> Path:
    """The folder of the lock files: `given`, or a private one of this user in the temporary folder."""
    return Path(given) if given else Path(tempfile.gettempdir()) / f"jikimi-slots-{os.getuid()}"


@contextmanager
def hold_slot(group: str, slot: str | None, folder: Path) -> Iterator[str]:
    """Hold a slot of `group` for as long as the block runs; gives the transactional id. Raises SlotError."""
    _make_private(folder)
    with _locked(group, slot, folder) as (file, name):
        file.truncate()
        file.write(json.dumps({"pid": os.getpid(), "group": group, "slot": name}))
        file.flush()
        yield f"{group}-{name}"


@contextmanager
def _locked(group: str, slot: str | None, folder: Path) -> Iterator[tuple[IO[str], str]]:
    if slot is not None:
        held = _try_lock(folder / f"{group}-{slot}.lock")
        if held is None:
            raise SlotError(
                f"slot {slot} of group {group} is held by another process on this host; give each worker its own"
            )
        with held:
            yield held, slot
        return
    host = f"{socket.gethostname()}-{_host_token(folder)}"
    for number in range(MAX_SLOTS):
        held = _try_lock(folder / f"{group}-auto-{number}.lock")
        if held is not None:
            with held:
                yield held, f"{host}-{number}"
            return
    raise SlotError(
        f"all {MAX_SLOTS} slots of group {group} on this host are held; start the next worker on another host"
    )


def _try_lock(path: Path) -> IO[str] | None:
    file = path.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    file.seek(0)
    return file


def _host_token(folder: Path) -> str:
    """A random name for this folder: host names repeat (containers on the host's network), and ids must not."""
    path = folder / "token"
    if not path.exists():
        # No process id in its name: containers that share the folder have the same ones.
        draft = folder / f"token-{secrets.token_hex(8)}"
        draft.write_text(secrets.token_hex(4))
        with suppress(FileExistsError):  # another worker was faster; linking makes the file appear with its content
            path.hardlink_to(draft)
        draft.unlink()
    return path.read_text()


def _make_private(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        owner = folder.stat().st_uid
    except OSError as error:
        raise SlotError(
            f"the folder for slots can't be used ({error}); set slot_folder to one that can be written"
        ) from error
    if owner != os.getuid():
        raise SlotError(f"{folder} belongs to another user; set slot_folder to one of your own")
