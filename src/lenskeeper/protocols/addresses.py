"""Which text may stand as an address in a request line."""

from typing import Final
from urllib.parse import SplitResult, urlsplit

from lenskeeper.base.errors import Invalid

URI_CHARS_MAX: Final = 2048


def is_plain(text: str) -> bool:
    """Whether `text` can stand in a request line as it is."""
    return len(text) <= URI_CHARS_MAX and text.isascii() and text.isprintable() and " " not in text


def request_address(url: str, schemes: tuple[str, ...]) -> SplitResult:
    """The parts of an address that a dialogue may be opened about.

    Invalid: another scheme, no host, an account in it, or what a request line cannot hold.
    """
    parts = urlsplit(url)
    if parts.scheme.lower() not in schemes or not parts.hostname:
        raise Invalid(
            f"the address begins with {' or '.join(f'{s}://' for s in schemes)} and names a host", field="url"
        )
    if parts.username is not None or parts.password is not None:
        raise Invalid("a password in an address is read by others: use --user or --credentials", field="url")
    if not is_plain(url):
        raise Invalid(
            "an address has no spaces or control characters: write them as %20 and kin", field="url"
        )
    return parts
