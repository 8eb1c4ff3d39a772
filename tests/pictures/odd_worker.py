"""A picture worker for tests: it does what its job says. `python odd_worker.py KIND SOCKET`."""

import ctypes
import os
import socket
import struct
import sys
import time

from lenskeeper.base.codecs import Codec
from lenskeeper.pictures.decode import decode
from lenskeeper.pictures.encoded import Encoded
from lenskeeper.pictures.planes import Planes
from lenskeeper.pictures.worker import REPLY_BYTES_MAX, serve

PR_GET_DUMPABLE = 3


def look(job: bytes) -> bytes:
    """Jobs are `word:rest`."""
    word, _, rest = job.partition(b":")
    match word:
        case b"echo":
            return rest
        case b"length":
            return str(len(rest)).encode()
        case b"sleep":
            time.sleep(float(rest))
            return b"slept"
        case b"segfault":
            ctypes.string_at(0)
        case b"memory":
            return str(len(bytearray(int(rest)))).encode()
        case b"exit":
            sys.exit(int(rest))
        case b"raise":
            raise ValueError(rest.decode())
        case b"talk":
            os.write(2, b"x" * 200_000)
            return b"talked"
        case b"too-long":
            sock = socket.socket(fileno=int(sys.argv[-1]))
            sock.sendall(struct.pack("<II", REPLY_BYTES_MAX + 1, 1))
            sock.detach()
            time.sleep(60)
        case b"wrong-number":
            sock = socket.socket(fileno=int(sys.argv[-1]))
            sock.sendall(struct.pack("<II", 3, 77) + b"two")
            sock.detach()
            time.sleep(60)
        case b"twice":
            sock = socket.socket(fileno=int(sys.argv[-1]))
            sock.sendall(struct.pack("<II", 3, int(rest)) + b"one")
            sock.detach()
            time.sleep(0.1)  # so that the parent takes the first reply for good
            return b"two"
        case b"environment":
            return b" ".join(os.environb)
        case b"dumpable":
            return str(ctypes.CDLL(None).prctl(PR_GET_DUMPABLE, 0, 0, 0, 0)).encode()
        case b"write":
            try:
                with open(rest.decode(), "wb", buffering=0) as file:  # noqa: PTH123 - as plainly as a fault would
                    return str(file.write(b"x")).encode()
            except OSError as error:
                return type(error).__name__.encode()
        case b"h264" | b"h265" | b"jpeg" | b"still":
            planes = decode(Encoded(Codec(word.decode()), rest))
            return b"planes" if isinstance(planes, Planes) else planes.reason.encode()
    return b"?"


if __name__ == "__main__":
    if sys.argv[1] == "dies-at-start":
        sys.exit("no such library")
    if sys.argv[1] == "never-ready":
        time.sleep(60)
    serve(socket.socket(fileno=int(sys.argv[-1])), look)
