"""A Secret shows itself to nobody who does not ask for it by name."""

import pickle

import pytest

from lenskeeper.base.secret import Secret


def test_it_prints_as_dots_everywhere() -> None:
    secret = Secret("hunter2")
    assert {str(secret), repr(secret), f"{secret}", f"{secret!r:>6}", f"{[secret]}"[1:-1]} == {"••••••"}


def test_it_is_the_same_secret_when_the_value_is() -> None:
    assert Secret("a") == Secret("a") != Secret("b")
    assert len({Secret("a"), Secret("a")}) == 1
    assert Secret("a").reveal() == "a"


def test_it_is_not_pickled() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(Secret("hunter2"))
