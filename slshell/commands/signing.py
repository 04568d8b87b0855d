"""Who signs: the options that name a certificate and its key, and how they and their password are found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from slshell.client.profiles import config_folder, home_folder
from slshell.commands.environment import Environment
from slshell.commands.metadata_files import read_file
from slshell.model.errors import UsageError

if TYPE_CHECKING:
    from slshell.metadata.certificates import Signer

CERTIFICATE = "endorser.pem"
KEY = "endorser-key.pem"
LARGEST_KEY = 1 << 20
_HOW_ELSE = "write it into a file of your own and name that with --password-file"


@dataclass(frozen=True, kw_only=True)
class SignerOptions:
    """What the options of a command that signs say."""

    p12_cert: Path | None
    pem_cert: Path | None
    pem_key: Path | None
    password_file: Path | None
    email: str
    legacy: bool


def file_option(*names: str, about: str) -> Callable[[Any], Any]:
    """An option that names a file."""
    return click.option(*names, type=click.Path(path_type=Path), metavar="FILE", help=about)


def signing_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say who signs and how, and where the result goes."""
    for option in reversed(
        (
            file_option("--p12-cert", about="Certificate and key in one PKCS#12 file."),
            file_option("--pem-cert", about="Certificate as PEM."),
            file_option("--pem-key", about="Its key as PEM; without it, in the file of --pem-cert."),
            file_option("--password-file", about="File whose first line is the password of the key."),
            click.option(
                "--email", default="", metavar="ADDR", help="Endorser, if the certificate names none."
            ),
            click.option("--legacy", is_flag=True, help="Sign with RSA and SHA-1, for the original tools."),
            file_option("--output", "target", about="Write here instead of replacing the file."),
            click.option("--force", is_flag=True, help="Replace files that exist."),
        )
    ):
        function = option(function)
    return function


def default_paths(environment: Environment) -> tuple[Path, Path]:
    """Where `slshell certificate` puts the certificate and the key."""
    folder = config_folder(environment.environ)
    return folder / CERTIFICATE, folder / KEY


def signer_of(environment: Environment, options: SignerOptions) -> Signer:
    """The signer that the options name, else the user's own from its usual places.

    Raises:
        UsageError: there is none, its files cannot be used, or its password is wrong or cannot be asked.
    """
    options = _with_defaults(environment, options)
    from slshell.metadata.certificates import WrongPassword, load_p12, load_pem

    load: Callable[[bytes | None], Signer]
    if options.p12_cert is not None:
        load = partial(load_p12, read_file(options.p12_cert, LARGEST_KEY))
        prompt = f"PKCS12 (P12) cert '{options.p12_cert}' password: "
    else:
        certificate = options.pem_cert or Path()
        key = options.pem_key or certificate
        load = partial(load_pem, read_file(certificate, LARGEST_KEY), read_file(key, LARGEST_KEY))
        prompt = f"Key '{key}' password: "
    if options.password_file is not None:
        return load(password_from(options.password_file))
    try:
        return load(None)
    except WrongPassword:
        return load(environment.secret(prompt, _HOW_ELSE).encode())


def new_password(environment: Environment, file: Path | None) -> bytes:
    """A password to protect a new key with: from the file, else asked twice.

    Raises:
        UsageError: it is empty, the two differ, or nobody can be asked.
    """
    if file is not None:
        return password_from(file)
    first = environment.secret("New password of the key: ", _HOW_ELSE)
    if environment.secret("Once more: ", _HOW_ELSE) != first:
        raise UsageError("the two passwords differ", hint="try again")
    if not first:
        raise UsageError("the password is empty", hint="leave --encrypt and --p12 out for a key without one")
    return first.encode()


def password_from(file: Path) -> bytes:
    """The first line of a file.

    Raises:
        UsageError: it cannot be read, is empty, or other users may read it.
    """
    data = read_file(file, LARGEST_KEY)
    if file.is_file() and file.stat().st_mode & 0o077:
        raise UsageError(f"other users may read {file}", hint=f"chmod 600 {file}")
    lines = data.splitlines()
    if not lines or not lines[0]:
        raise UsageError(f"{file} has no password on its first line")
    return lines[0]


def _with_defaults(environment: Environment, options: SignerOptions) -> SignerOptions:
    if options.p12_cert is not None and options.pem_cert is not None:
        raise UsageError("--p12-cert and --pem-cert are both given", hint="say which one signs")
    if options.p12_cert is not None or options.pem_cert is not None:
        return options
    if options.pem_key is not None:
        raise UsageError("--pem-key is given without --pem-cert", hint="name the certificate as well")
    globus = home_folder(environment.environ) / ".globus"
    own, both, pair = (
        default_paths(environment),
        globus / "usercert.p12",
        (globus / "usercert.pem", globus / "userkey.pem"),
    )
    if not all(path.is_file() for path in own) and both.is_file():
        return replace(options, p12_cert=both)
    for certificate, key in (own, pair):
        if certificate.is_file() and key.is_file():
            return replace(options, pem_cert=certificate, pem_key=key)
    raise UsageError(
        "there is no certificate to sign with",
        hint="slshell certificate makes one; others are named with --p12-cert, or --pem-cert and --pem-key",
    )
