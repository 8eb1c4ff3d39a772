"""PostgreSQL's own tools: they know their server, and no copy of ours would know it better."""

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Final

from sqlalchemy import URL

from lenskeeper.store.errors import StoreUnavailable
from lenskeeper.store.faults import no_room, says_no_room

PROGRAM_S_MAX: Final = 6 * 3600  # pg_dump of the largest database we can think of
PIECE_BYTES: Final = 1 << 20

Command = list[str]


class ProgramFailed(StoreUnavailable):
    """One of PostgreSQL's tools ended badly, in its own words."""


def dump(url: URL, to: Path) -> None:
    """Write the whole database to a file in the custom format."""
    run(url, [_found("pg_dump"), "--format=custom", f"--file={to}", f"--dbname={_without_password(url)}"])


def read_through(url: URL, file: Path) -> None:
    """Read each block of a dump, and write it nowhere. ProgramFailed: it cannot be read."""
    run(url, [_found("pg_restore"), f"--file={os.devnull}", str(file)])


def rows_in(url: URL, file: Path, tables: Iterable[str]) -> dict[str, list[list[str]]]:
    """The rows of small tables of a dump, by table; no entry for a table that is not in it."""
    wanted = [f"--table={name}" for name in tables]
    said = run(url, [_found("pg_restore"), "--data-only", *wanted, "--file=-", str(file)])
    found: dict[str, list[list[str]]] = {}
    rows: list[list[str]] | None = None
    for line in said.splitlines():
        if line.startswith("COPY "):  # COPY public.mark (name, value) FROM stdin;
            name = line.split(" ")[1].rpartition(".")[2].strip('"')
            rows = found.setdefault(name, [])
        elif line == "\\.":
            rows = None
        elif rows is not None:
            rows.append(line.split("\t"))
    return found


def replace_all(url: URL, before: str, file: Path | None) -> None:
    """Run `before`, then all of a dump, in one transaction: at the end both have happened, or neither.

    pg_restore's own --single-transaction cannot drop what the dump does not know. So its words go to psql through our
    hands, and we say COMMIT only when pg_restore has ended well; a psql that is left alone takes everything back.
    """
    ends = [_found("psql"), "--no-psqlrc", "--quiet", "--output", os.devnull, "--set=ON_ERROR_STOP=1"]
    with subprocess.Popen(  # noqa: S603  a program of the operator's own path, without a shell
        [*ends, f"--dbname={_without_password(url)}"],
        env=_environment(url),
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as server:
        assert server.stdin is not None
        assert server.stderr is not None
        wrong = ""
        try:
            server.stdin.write(f"BEGIN;\n{before}\n".encode())
            if file is not None:
                wrong = _pour(url, file, server.stdin)
            if not wrong:
                server.stdin.write(b"\nCOMMIT;\n")
            server.stdin.close()
        except BrokenPipeError:  # psql has ended: it met an error, and says which
            wrong = "psql ended early"
        said = server.stderr.read().decode(errors="replace")
    if server.returncode != 0:
        raise _failed(url, "psql", said)
    if wrong:
        raise _failed(url, "pg_restore", wrong)


def _pour(url: URL, file: Path, into: IO[bytes]) -> str:
    """A dump as SQL; what pg_restore complained of, empty where it ended well."""
    with subprocess.Popen(  # noqa: S603  the same
        [_found("pg_restore"), "--no-owner", "--no-privileges", "--file=-", str(file)],
        env=_environment(url),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as words:
        assert words.stdout is not None
        assert words.stderr is not None
        while piece := words.stdout.read(PIECE_BYTES):
            into.write(piece)
        said = words.stderr.read().decode(errors="replace")
    return "" if words.returncode == 0 else said.strip() or "it said nothing"


def run(url: URL, command: Command) -> str:
    """Run one to its end; what it wrote. StoreUnavailable, StoreFull: it ended badly, in its own words."""
    try:
        done = subprocess.run(  # noqa: S603  the same
            command,
            env=_environment(url),
            capture_output=True,
            text=True,
            timeout=PROGRAM_S_MAX,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise StoreUnavailable(f"{Path(command[0]).name} has not ended after {PROGRAM_S_MAX} s") from None
    if done.returncode != 0:
        raise _failed(url, Path(command[0]).name, done.stderr)
    return done.stdout


def _failed(url: URL, program: str, stderr: str) -> StoreUnavailable:
    lines = [line for line in stderr.strip().splitlines() if "error" in line.lower()]
    said = (lines or stderr.strip().splitlines() or ["it said nothing"])[0]
    if url.password:
        said = said.replace(url.password, "***")  # no tool of theirs prints it; a later one might
    return no_room(program, said) if says_no_room(stderr) else ProgramFailed(f"{program}: {said}")


def _found(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        raise StoreUnavailable(
            f"{program} is not on the path: install the PostgreSQL client of your server's version"
        )
    return found


def _environment(url: URL) -> dict[str, str]:
    """Whoever lists processes reads the command line, so the password goes by the environment."""
    return dict(os.environ) | ({"PGPASSWORD": url.password} if url.password else {})


def _without_password(url: URL) -> str:
    return url.set(drivername="postgresql", password=None).render_as_string()
