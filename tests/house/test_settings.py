"""Every wrong setting has a message that names it and the cure."""

import ipaddress
from pathlib import Path

import pytest

from lenskeeper.base.errors import Invalid, NotFound
from lenskeeper.house.serve import landmarks_of, manners_of
from lenskeeper.house.settings import read_settings


def test_no_file_means_the_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_settings().probing.in_flight == 100


def test_the_environment_stands_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "lenskeeper.toml"
    file.write_text('[probing]\nconnect_s = 2\nreply_s = 4\nnetworks = ["10.0.0.0/8"]\n')
    monkeypatch.setenv("LENSKEEPER_PROBING__CONNECT_S", "1.5")
    settings = read_settings(file)
    assert (settings.probing.connect_s, settings.probing.reply_s) == (1.5, 4)
    assert settings.probing.networks == (ipaddress.ip_network("10.0.0.0/8"),)


WRONG = [
    ("[probing]\nconnect_s = 0\n", "setting probing.connect_s is 0: input should be greater than 0"),
    (
        "[probing]\nconnect_s = 'soon'\n",
        "setting probing.connect_s is 'soon': input should be a valid number",
    ),
    ("[probing]\nconect_s = 3\n", "setting probing.conect_s is 3: extra inputs are not permitted"),
    (
        "[probing]\nper_host = 40\n",
        "setting probing.per_host is 40: input should be less than or equal to 16",
    ),
    ("[probing]\nnetworks = ['ten']\n", "setting probing.networks.0 is 'ten'"),
    (
        "[pictures]\nworkers = -1\n",
        "setting pictures.workers is -1: input should be greater than or equal to 0",
    ),
    (
        "[log]\nlevel = 'loud'\n",
        "setting log.level is 'loud': input should be 'debug', 'info', 'warning' or 'error'",
    ),
    ("[rounds.sites_kbps]\nmall = 2\n", "setting rounds.sites_kbps.mall is 2: input should be greater than"),
    ("[weather]\nx = 1\n", "setting weather is {'x': 1}: extra inputs are not permitted"),
    ("[probing\n", "is no TOML"),
]


@pytest.mark.parametrize(("text", "message"), WRONG)
def test_a_wrong_setting_is_named_with_its_cure(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(text)
    with pytest.raises(Invalid) as told:
        read_settings(file)
    assert message in str(told.value)


def test_a_file_that_is_named_and_missing_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no settings file"):
        read_settings(tmp_path / "none.toml")


def test_a_misspelt_variable_is_not_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LENSKEEPER_PROBNG__CONNECT_S", "3")
    with pytest.raises(Invalid, match="names no setting"):
        read_settings()


def test_lines_and_gateways_are_set_by_name_and_reach_the_rounds(tmp_path: Path) -> None:
    file = tmp_path / "lenskeeper.toml"
    file.write_text(
        """[rounds]
        uplink_kbps = 1000
        site_kbps = 500
        host_kbps = 250
        uplinks_kbps = {"4G Binhe Road" = 400}
        sites_kbps = {mall = 64}
        gateways = {mall = "rtsp://10.0.0.1:22/"}
        witnesses = {north = ["rtsp://10.0.0.2:554/"]}
        """
    )
    settings = read_settings(file).rounds
    manners, landmarks = manners_of(settings, ramp_from_s=None), landmarks_of(settings)
    assert (manners.uplink_bps, manners.site_bps, manners.host_bps) == (1_000_000, 500_000, 250_000)
    assert manners.uplinks_bps == {"4G Binhe Road": 400_000}
    assert manners.sites_bps == {"mall": 64_000}
    assert (landmarks.gateways["mall"].host, landmarks.gateways["mall"].port) == ("10.0.0.1", 22)
    assert [t.host for t in landmarks.witnesses["north"]] == ["10.0.0.2"]


def test_a_gateway_that_is_no_address_is_named_with_its_site(tmp_path: Path) -> None:
    file = tmp_path / "lenskeeper.toml"
    file.write_text('[rounds]\ngateways = {mall = "gopher:"}\n')
    with pytest.raises(Invalid, match=r"rounds\.gateways of mall") as told:
        landmarks_of(read_settings(file).rounds)
    assert told.value.field == "rounds.gateways"
