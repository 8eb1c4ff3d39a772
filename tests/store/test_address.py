"""No message, log or repr holds the password of the database, however the address was written."""

import os
import traceback
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.engines import empty_postgresql

from lenskeeper.base.errors import Invalid
from lenskeeper.cli import main
from lenskeeper.store import programs
from lenskeeper.store.address import parsed, shown
from lenskeeper.store.backup import backup
from lenskeeper.store.database import open_store
from lenskeeper.store.errors import StoreUnavailable

WORD = "hush-hush"
NOBODY_THERE = "127.0.0.1:9"  # the port of discard: nothing listens there
ADDRESSES = (
    f"postgresql://me:{WORD}@{NOBODY_THERE}/books",
    f"postgresql://me@{NOBODY_THERE}/books?password={WORD}",
    f"postgresql://me@{NOBODY_THERE}/books?sslmode=prefer&password={WORD}&password={WORD}",
)
WRONG = (
    f"postgresql://me:p@{WORD}@host/books",
    f"postgresql://me:p@ss/{WORD}@host/books",
    f"postgresql://me:{WORD}",
    f"postgresql://host:{WORD}/books",
    f"mysql://me:{WORD}@host/books",
    f"postgresql//me:{WORD}@host/books",
    f"postgresql://me@host/books?sslpassword={WORD}",
    f"{WORD}",
)


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_is_shown_and_repeated_without_its_password(address: str) -> None:
    url = parsed(address)
    assert url.password == WORD
    for words in (shown(url), repr(url), str(url)):
        assert WORD not in words
        assert "books" in words


@pytest.mark.parametrize("address", WRONG)
def test_a_wrong_address_is_not_repeated(address: str) -> None:
    with pytest.raises(Invalid) as told:
        parsed(address)
    assert WORD not in "".join(traceback.format_exception(told.value))


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_server_that_is_not_there_is_told_without_the_password(address: str) -> None:
    with pytest.raises(StoreUnavailable) as told:
        open_store(address)
    assert "127.0.0.1" in str(told.value)
    assert WORD not in "".join(traceback.format_exception(told.value))


def test_what_goes_wrong_on_a_server_is_told_without_the_password() -> None:
    store = open_store(parsed(empty_postgresql()).set(password=WORD).render_as_string(hide_password=False))
    assert WORD not in repr(store)
    with pytest.raises(DBAPIError) as ours:
        store.write(lambda c: c.execute(text("SELECT nothing FROM nowhere")))
    with pytest.raises(StoreUnavailable) as worlds:
        store.write(lambda c: c.execute(text("SELECT pg_terminate_backend(pg_backend_pid())")))
    for told in (ours, worlds):
        assert WORD not in "".join(traceback.format_exception(told.value))
    store.close()


@pytest.mark.parametrize("address", ADDRESSES)
def test_programs_are_given_the_password_where_no_list_of_processes_shows_it(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program of the name writes down what it was given."""
    program = tmp_path / "pg_dump"
    program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/given\necho "$PGPASSWORD" > {tmp_path}/secret\n')
    program.write_text(program.read_text() + f"echo 'error: {WORD} is wrong' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(programs.ProgramFailed) as told:
        backup(parsed(address), tmp_path / "copy")
    assert WORD not in str(told.value)
    assert WORD not in (tmp_path / "given").read_text()
    assert (tmp_path / "secret").read_text().strip() == WORD


@pytest.mark.parametrize("address", [*ADDRESSES, *WRONG])
def test_no_command_prints_the_password(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "city", "--organisation", "City", "--database", address]) == 2
    Path("lenskeeper.toml").write_text(f'[store]\nurl = "{address}"\n')
    for command in (["verify"], ["backup"], ["restore", "lenskeeper.toml"], ["survey"]):
        assert main(command) == 2
    said = capsys.readouterr()
    assert WORD not in said.out + said.err
