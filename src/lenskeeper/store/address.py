"""Where a database lies, and how that is said without its password."""

from typing import Final

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from lenskeeper.base.errors import Invalid

PASSWORD: Final = "password"  # noqa: S105  the word by which libpq knows it in a query


def parsed(url: str) -> URL:
    """The address of a database; a password stands in `password` and nowhere else. Invalid: not one of ours.

    The message never repeats what was given: a part of the password could stand anywhere in an address that is wrong.
    """
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):  # ValueError: the port is no number
        address = None
    if address is None or address.get_backend_name() not in ("sqlite", "postgresql"):
        raise Invalid("write sqlite:///FILE or postgresql://USER@HOST/NAME", field="store.url")
    if address.get_backend_name() == "sqlite":
        if not address.database:
            raise Invalid("name the file: sqlite:///lenskeeper.db", field="store.url")
        return address
    return _one_password(address)


def _one_password(address: URL) -> URL:
    if any("@" in part for part in (address.host or "", address.database or "")):
        raise Invalid("write @ in a password as %40, / as %2F and : as %3A", field="store.url")
    if "sslpassword" in address.query:
        raise Invalid(
            "leave sslpassword out: programs would show it in the list of processes; use a key file without one",
            field="store.url",
        )
    word = address.query.get(PASSWORD)
    if word is None:
        return address
    return address.difference_update_query([PASSWORD]).set(
        password=word if isinstance(word, str) else word[-1]
    )


def shown(url: URL) -> str:
    """The address for an operator to read: a file's path, or the server's address without password and options."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return url.set(drivername="postgresql", password=None, query={}).render_as_string()
