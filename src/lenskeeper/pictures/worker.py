"""The child's side of the picture worker: one job after another on one socket, in a locked room.

    job and reply:  | length | number of the job | that many bytes |     two words of 4 bytes, little endian

First of all the child sends an empty reply to job 0: it is ready. The number keeps a reply too many
from being taken for the figures of the next camera.

No pickle either way: whoever decodes hostile bitstreams is not to be trusted.
"""

import ctypes
import os
import resource
import signal
import socket
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final

import cv2

from lenskeeper.base.limits import PICTURE_BYTES_MAX

HEAD: Final = struct.Struct("<II")
MEMORY_BYTES_MAX: Final = (
    1536 * 1024 * 1024
)  # beyond the libraries: six 40-megapixel pictures of 16 bits, 4:4:4
JOB_BYTES_MAX: Final = PICTURE_BYTES_MAX + 64 * 1024  # one picture and what the house sends beside it
REPLY_BYTES_MAX: Final = (
    8 * 1024 * 1024
)  # figures of one picture are 6 kB; the thousand looks of a file come together

# linux/prctl.h
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_DUMPABLE: Final = 4
_PR_SET_NO_NEW_PRIVS: Final = 38


def forbid_dumps() -> None:
    """Let no crash of this process write its memory to disk. For every process that holds pictures.

    PR_SET_DUMPABLE does what RLIMIT_CORE does not: where core_pattern names a program, the kernel
    feeds it the memory whatever the limit says. It also keeps other processes of this user out.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _prctl(_PR_SET_DUMPABLE, 0)


def serve(
    sock: socket.socket,
    look: Callable[[bytes], bytes],
    *,
    memory_bytes: int = MEMORY_BYTES_MAX,
    parent_pid: int | None = None,
) -> None:
    """Answer jobs until the parent goes away. Returns at the end of the stream.

    look:         may raise: the process ends then, and the parent calls that job lost.
    memory_bytes: address space beyond what is mapped already.
    parent_pid:   who must be alive, when it is known; default: whoever it is now.
    """
    lock_up(memory_bytes, parent_pid or os.getppid())
    sock.setblocking(True)  # noqa: FBT003 - the method has no other form
    try:
        _answer(sock, 0, b"")
        while (head := _take(sock, HEAD.size)) is not None:
            length, number = HEAD.unpack(head)
            assert length <= JOB_BYTES_MAX
            job = _take(sock, length)
            if job is None:
                return
            _answer(sock, number, look(job))
            del job
    except (BrokenPipeError, ConnectionResetError):
        return  # the parent went away


def lock_up(memory_bytes: int, parent_pid: int) -> None:
    """Take from this process what a decoder does not need: dumps, files to write, memory without end."""
    forbid_dumps()
    sys.excepthook = _say_where_and_not_what
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:  # it died before we asked to die with it
        os._exit(0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business; it closes the socket
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # not one byte into any file
    mapped_pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    limit = mapped_pages * resource.getpagesize() + memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    cv2.setNumThreads(1)


def _say_where_and_not_what(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """The last words of a worker: an exception's text might quote pixels, so only its kind and place."""
    del error
    places = []
    while trace is not None:
        places.append(f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}")
        trace = trace.tb_next
    sys.stderr.write(f"{kind.__name__} at {' > '.join(places[-8:])}\n")


def _take(sock: socket.socket, length: int) -> bytes | None:
    """Exactly `length` bytes; None when the stream ends first."""
    first = sock.recv(length, socket.MSG_WAITALL) if length else b""
    if len(first) == length:
        return first  # the usual case: one call, no copy
    parts = [first]
    missing = length - len(first)
    while missing:
        part = sock.recv(missing, socket.MSG_WAITALL)
        if not part:
            return None
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def _answer(sock: socket.socket, number: int, reply: bytes) -> None:
    assert len(reply) <= REPLY_BYTES_MAX
    sock.sendall(HEAD.pack(len(reply), number) + reply)


def _prctl(option: int, value: int) -> None:
    done: int = ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)
    if done != 0:
        raise OSError(ctypes.get_errno(), "prctl")
