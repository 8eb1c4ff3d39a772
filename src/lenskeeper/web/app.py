"""The application: every area's routes, the guard around them, and the built front end."""

import importlib
import pkgutil
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.middleware import Middleware

import lenskeeper.web
from lenskeeper.accounts.verbs import TOKEN_VERBS
from lenskeeper.house.exports import ExportDesk
from lenskeeper.house.home import Home
from lenskeeper.web.asking import verbs_of
from lenskeeper.web.errors import PROBLEMS, answers_errors
from lenskeeper.web.guard import Guard
from lenskeeper.web.static_files import FrontEnd

STATIC: Final = Path(__file__).parent / "static"
TITLE: Final = "lenskeeper"


class Described(FastAPI):
    """An application whose description says of each operation which verb it needs (`x-verb`; none: it is a door), and
    whether a token may ask for it (`x-token`).
    """

    def openapi(self) -> dict[str, Any]:
        """The description, made once."""
        if self.openapi_schema is None:
            said = super().openapi()
            for context in iter_route_contexts(self.routes):
                for verb in verbs_of(getattr(context.original_route, "dependant", None)):
                    for method in context.methods or ():
                        if method.lower() in (at := said["paths"].get(context.path, {})):
                            at[method.lower()] |= {"x-verb": verb.value, "x-token": verb in TOKEN_VERBS}
        return super().openapi()


def make_app(home: Home, *, static: Path = STATIC) -> FastAPI:
    """The application of one installation. static: where the built front end lies; it may be missing."""
    app = Described(
        title=TITLE,
        version=version("lenskeeper"),
        summary="Which cameras are up, which show a usable picture, who repairs the rest and by when.",
        openapi_url="/api/openapi.json",
        docs_url=None,  # its pages come from elsewhere on the net; ours is /api of the front end
        redoc_url=None,
        responses=PROBLEMS,
        generate_unique_id_function=operation_id,
        middleware=[Middleware(Guard, names=home.settings.web.names)],
    )
    app.state.home = home
    app.state.exports = ExportDesk(home)
    answers_errors(app)
    for router in routers():
        app.include_router(router)
    app.mount("/", FrontEnd(static))
    return app


def routers() -> Iterator[APIRouter]:
    """The routes of every area, one level deep: each module of this room that has a `router`."""
    for module in _modules():
        found = getattr(module, "router", None)
        if isinstance(found, APIRouter):
            yield found


def _modules() -> Iterator[ModuleType]:
    for each in sorted(pkgutil.iter_modules(lenskeeper.web.__path__), key=lambda found: found.name):
        if each.name != "app":
            yield importlib.import_module(f"{lenskeeper.web.__name__}.{each.name}")


def operation_id(route: APIRoute) -> str:
    """The name of a route in the description of the API, and so in the typed client: tag_function."""
    return f"{route.tags[0]}_{route.name}" if route.tags else route.name
