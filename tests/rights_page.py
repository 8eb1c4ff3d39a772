"""The page of rights: what each role may do, and which verb each route asks for. `python -m tests.rights_page` writes it."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from lenskeeper.accounts.verbs import IDLE_S, LOT_ROLES, ROLES, SECOND_FACTOR, TOKEN_VERBS, Role, Verb
from lenskeeper.house.home import NewHome, make_home
from lenskeeper.web.app import make_app
from lenskeeper.web.asking import verbs_of

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "rights.md"
COUNTED = 184
"""How many routes there are, HTTP method by HTTP method, the description of the API included."""
DOORS = frozenset({"/api/start", "/api/set-up", "/api/sign-in", "/api/sign-in/factor", "/api/openapi.json"})


@dataclass(frozen=True)
class Route:
    """verb None: it is outside, for nobody in particular."""

    method: str
    path: str
    verb: Verb | None


def routes_of(app: FastAPI) -> Iterator[Route]:
    """Every route of the API, one level of routers or many. AssertionError: one that names no verb, or two."""
    for context in iter_route_contexts(app.router.routes):
        if context.path is None or not context.path.startswith("/api"):
            continue
        found = set(verbs_of(getattr(context.original_route, "dependant", None)))
        assert context.path in DOORS or len(found) == 1, f"{context.path} asks for {found or 'no verb'}"
        for method in sorted(context.methods or set()):
            if method != "HEAD":
                yield Route(method, context.path, next(iter(found), None))


def page(app: FastAPI) -> tuple[str, str]:
    """As it is written, and as the code says."""
    return PAGE.read_text(encoding="utf-8") if PAGE.exists() else "", drawn(app)


def drawn(app: FastAPI) -> str:
    """The page."""
    lines = [
        "# Who may do what",
        "",
        "Drawn from `accounts/verbs.py` and from the routes by `python -m tests.rights_page`; a test holds it.",
        "A grant gives a role over a unit with all below it, over the lot of a contract, or over everything; for some",
        "purposes or all; for a time; approved by another person. What is out of its scope is *not found*, a verb that no",
        "grant holds is *not allowed*, and no verb leads to an original picture.",
        "",
        "## Roles",
        "",
        "| verb | " + " | ".join(role.value for role in Role) + " | a token |",
        "|---|" + "---|" * (len(Role) + 1),
    ]
    for verb in Verb:
        marks = ["yes" if verb in ROLES[role] else "" for role in Role]
        lines.append(f"| `{verb}` | " + " | ".join(marks) + f" | {'yes' if verb in TOKEN_VERBS else ''} |")
    for words, of in (
        ("needs a second factor", dict.fromkeys(SECOND_FACTOR, "yes")),
        ("over a contract's lot", dict.fromkeys(LOT_ROLES, "yes")),
        ("session ends unused after", {role: f"{IDLE_S[role] // 60} min" for role in Role}),
    ):
        lines.append(f"| *{words}* | " + " | ".join(of.get(role, "") for role in Role) + " | |")
    lines += ["", "## Routes", "", "| route | verb |", "|---|---|"]
    found = sorted(routes_of(app), key=lambda each: (each.path, each.method))
    lines += [
        f"| `{each.method} {each.path}` | {f'`{each.verb}`' if each.verb else '(the door)'} |"
        for each in found
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = make_home(NewHome(Path(folder) / "city", "Linjiang", "Asia/Shanghai"))
        app = make_app(home)
        PAGE.write_text(drawn(app), encoding="utf-8")
        print(f"{PAGE}: {len(list(routes_of(app)))} routes")
        home.store.close()


if __name__ == "__main__":
    main()
