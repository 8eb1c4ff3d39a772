"""The certificate under which the pages are served off loopback: a given one, or one of an own CA.

An own CA is made once; its certificate is put into the browsers of the office by whoever keeps them, and a certificate
that is made anew later is trusted at once.
"""

import datetime as dt
import ipaddress
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lenskeeper.base.errors import Conflict, Invalid, NotFound
from lenskeeper.house.home import Home

FOLDER: Final = "tls"
CA_DAYS: Final = 3650
DAYS: Final = 397  # browsers take no longer one
BEFORE: Final = dt.timedelta(hours=1)  # a browser's clock may be slow


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate with its chain, and its key, as PEM files."""

    certificate: Path
    key: Path


def own_pair(home: Home) -> Pair | None:
    """The certificate in force: that of the settings, else that of the own CA; None: there is none.

    Invalid: the settings name one half only. NotFound: a file that they name is not there.
    """
    web = home.settings.web
    if (web.tls_cert is None) != (web.tls_key is None):
        raise Invalid("give both web.tls_cert and web.tls_key, or neither", field="web.tls_cert")
    if web.tls_cert is not None and web.tls_key is not None:
        pair = Pair(home.folder / web.tls_cert, home.folder / web.tls_key)
        for file in (pair.certificate, pair.key):
            if not file.is_file():
                raise NotFound(f"there is no file {file}: correct web.tls_cert and web.tls_key")
        return pair
    made = Pair(home.folder / FOLDER / "server.crt", home.folder / FOLDER / "server.key")
    return made if made.certificate.is_file() and made.key.is_file() else None


def make_pair(home: Home, names: Sequence[str]) -> Path:
    """Make a certificate for some names and addresses, and the CA before it where there is none; gives the CA's file.

    Invalid: no name. Conflict: the folder holds half a CA.
    """
    if not names:
        raise Invalid("name the host as it is typed into a browser, or its address", field="name")
    folder = home.folder / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    now = dt.datetime.fromtimestamp(home.now_s(), dt.UTC)
    ca_file, ca_key_file = folder / "ca.crt", folder / "ca.key"
    if ca_file.is_file() != ca_key_file.is_file():
        raise Conflict(f"{folder} holds one half of a CA: put the other half back, or take both away")
    if ca_file.is_file():
        ca = x509.load_pem_x509_certificate(ca_file.read_bytes())
        ca_key = serialization.load_pem_private_key(ca_key_file.read_bytes(), None)
        if not isinstance(ca_key, ec.EllipticCurvePrivateKey):
            raise Conflict(f"{ca_key_file} is none of ours: take both files of the CA away")
    else:
        ca_key = ec.generate_private_key(ec.SECP256R1())
        ca = _authority(ca_key, now)
        _write(ca_key_file, _pem(ca_key), secret=True)
        _write(ca_file, ca.public_bytes(serialization.Encoding.PEM))
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _server(key, names, ca, ca_key, now)
    chain = certificate.public_bytes(serialization.Encoding.PEM) + ca.public_bytes(serialization.Encoding.PEM)
    _write(folder / "server.key", _pem(key), secret=True)
    _write(folder / "server.crt", chain)
    return ca_file


def _authority(key: ec.EllipticCurvePrivateKey, now: dt.datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "lenskeeper, own CA")])
    public = key.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BEFORE)
        .not_valid_after(now + dt.timedelta(days=CA_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
    )


def _server(
    key: ec.EllipticCurvePrivateKey,
    names: Sequence[str],
    ca: x509.Certificate,
    ca_key: ec.EllipticCurvePrivateKey,
    now: dt.datetime,
) -> x509.Certificate:
    ends = min(now + dt.timedelta(days=DAYS), ca.not_valid_after_utc)
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])]))
        .issuer_name(ca.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BEFORE)
        .not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName([_name(each) for each in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(authority, critical=False)
        .sign(ca_key, hashes.SHA256())
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _name(words: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(words))
    except ValueError:
        return x509.DNSName(words)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(file: Path, data: bytes, *, secret: bool = False) -> None:
    """Whole or not at all, and a key never readable by others, not even for a moment."""
    part = file.with_name(file.name + ".part")
    mode = stat.S_IRUSR | stat.S_IWUSR | (0 if secret else stat.S_IRGRP | stat.S_IROTH)
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as out:
        out.write(data)
    part.replace(file)
