"""The settings: one TOML file, and LENSKEEPER_* over it."""

import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, IPvAnyNetwork, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from lenskeeper.base.errors import Invalid, NotFound
from lenskeeper.house.message_settings import NO_SECRET, MessageSettings, Sealed, shown

ENVIRONMENT_PREFIX: Final = "LENSKEEPER_"
NO_SETTINGS: Final = {"LENSKEEPER_PASSWORD", "LENSKEEPER_PYTHON"}  # read by `check --user` and by ./run
SETTINGS_FILE: Final = "lenskeeper.toml"
_PASSWORD: Final = re.compile(
    r"//[^\s'\"]*@"
)  # what stands before the host of an address, under whatever name

Seconds = Annotated[float, Field(gt=0, le=600)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ProbingSettings(_Table):
    """How long a look may wait at each step, and how many at once. See docs/reference/settings.md."""

    connect_s: Seconds = 3
    reply_s: Seconds = 5
    first_packet_s: Seconds = 5
    key_frame_s: Seconds = 8
    visit_s: Seconds = 25
    in_flight: Annotated[int, Field(ge=1, le=20_000)] = 100
    per_host: Annotated[int, Field(ge=1, le=16)] = 2
    networks: tuple[IPvAnyNetwork, ...] = ()


class PictureSettings(_Table):
    """The supervised picture workers."""

    workers: Annotated[int, Field(ge=0, le=256)] = 0  # 0: one per core


class StoreSettings(_Table):
    """Where the books lie. Relative paths are seen from the folder of the settings file."""

    url: Annotated[str, Field(repr=False)] = "sqlite:///lenskeeper.db"  # it may hold a password
    key_file: Path = Path("lenskeeper.key")
    backups: Path = Path("backups")
    backup_every_h: Annotated[int, Field(ge=0, le=744)] = 24  # 0: none is made by serve
    backups_kept: Annotated[int, Field(ge=1, le=1000)] = 14


Minutes = Annotated[int, Field(ge=1, le=1440)]
Share = Annotated[float, Field(gt=0, le=1)]
Kbps = Annotated[int, Field(ge=16, le=10_000_000)]
HostPort = Annotated[str, Field(pattern=r"^(\S+:\d{1,5})?$")]


class RoundSettings(_Table):
    """What is asked of every camera, and how often."""

    slot_s: Annotated[int, Field(ge=5, le=3600)] = 60
    picture_minutes_1: Minutes = 5
    picture_minutes_2: Minutes = 10
    picture_minutes_3: Minutes = 30
    in_flight: Annotated[int, Field(ge=1, le=20_000)] = 500
    uplink_kbps: Kbps = 20_000
    uplinks_kbps: dict[str, Kbps] = {}  # by the name that the register has
    site_kbps: Kbps = 8_000
    sites_kbps: dict[str, Kbps] = {}
    host_kbps: Kbps = 4_000
    ramp: tuple[Share, ...] = (0.02, 0.1, 0.25, 0.5, 0.75)  # of the fleet, on the days of a survey
    witnesses: dict[str, tuple[str, ...]] = {}  # zone: addresses that are there whenever we can see the zone
    gateways: dict[str, str] = {}  # site: the device that its line ends at


class ServeSettings(_Table):
    """What `lenskeeper serve` shows of itself."""

    metrics: HostPort = "127.0.0.1:9464"  # empty: nothing is shown


class WebSettings(_Table):
    """Where the pages are served. Relative paths are seen from the folder of the settings file."""

    listen: HostPort = "127.0.0.1:9480"  # empty: no pages
    names: tuple[str, ...] = ()  # host names under which browsers ask for it, besides addresses and localhost
    tls_cert: Path | None = None
    tls_key: Path | None = None


class MapSettings(_Table):
    """A base map under the cameras. Without one there is land, coast and a graticule."""

    tiles: str | None = None  # http(s)://HOST/...{z}...{x}...{y}...{key}; None: no base map
    key: Annotated[Sealed, Field(repr=False)] = NO_SECRET
    crs: Literal["wgs84", "gcj02"] = "wgs84"  # of the tiles; what cannot be drawn (bd09) cannot be said
    attribution: Annotated[str | None, Field(max_length=200)] = None
    zoom_max: Annotated[int, Field(ge=1, le=20)] = 18

    @field_validator("tiles")
    @classmethod
    def _is_template(cls, tiles: str | None) -> str | None:
        if not tiles:
            return None
        try:
            filled = tiles.format(z=1, x=0, y=0, key="k")
            parts = urlsplit(filled)
            _ = parts.port
        except (ValueError, KeyError, IndexError):
            raise ValueError("write an address with {z}, {x}, {y} and, for the key, {key}") from None
        if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
            raise ValueError("write http:// or https:// and a host, without a login")
        if (
            any(mark not in tiles for mark in ("{z}", "{x}", "{y}"))
            or "{" in tiles.partition("//")[2].partition("/")[0]
        ):
            raise ValueError("{z}, {x} and {y} stand after the host, each once")
        return tiles


class LogSettings(_Table):
    """What is logged, to standard error."""

    level: Literal["debug", "info", "warning", "error"] = "warning"
    form: Literal["text", "json"] = "text"


class Settings(BaseSettings):
    """One TOML file, then LENSKEEPER_* over it (LENSKEEPER_PROBING__CONNECT_S=2)."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    store: StoreSettings = StoreSettings()
    rounds: RoundSettings = RoundSettings()
    serve: ServeSettings = ServeSettings()
    web: WebSettings = WebSettings()
    probing: ProbingSettings = ProbingSettings()
    pictures: PictureSettings = PictureSettings()
    map: MapSettings = MapSettings()
    log: LogSettings = LogSettings()
    messages: MessageSettings = MessageSettings()


def read_settings(path: Path | None = None) -> Settings:
    """The settings in force. `path`: a TOML file; None: ./lenskeeper.toml where there is one.

    NotFound: the named file is not there. Invalid: names the setting, what it holds and what it may hold.
    """
    if path is not None and not path.is_file():
        raise NotFound(f"no settings file at {path}")
    file = path or Path(SETTINGS_FILE)
    for name in os.environ:
        table = name.removeprefix(ENVIRONMENT_PREFIX).partition("__")[0].lower()
        if (
            name.startswith(ENVIRONMENT_PREFIX)
            and name not in NO_SETTINGS
            and table not in Settings.model_fields
        ):
            raise Invalid(
                f"{name} names no setting: the tables are {', '.join(Settings.model_fields)}", field=name
            )

    class FromFile(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,  # noqa: ARG003  pydantic-settings passes all by keyword
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
            file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return env_settings, TomlConfigSettingsSource(settings_cls, toml_file=file)

    try:
        return FromFile()
    except tomllib.TOMLDecodeError as wrong:
        raise Invalid(f"{file} is no TOML: {wrong}", field=str(file)) from None
    except ValidationError as wrong:
        first = wrong.errors(include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        is_message = first["loc"][:1] == ("messages",)
        held = shown(first["loc"], first["input"]) if is_message else repr(first["input"])
        held = _PASSWORD.sub("//***@", held)
        ours = first["type"] == "value_error"
        why = str(first["ctx"]["error"]) if ours else first["msg"][:1].lower() + first["msg"][1:]
        raise Invalid(f"setting {name} is {held}: {why}", field=name) from None
