"""Passwords of clouds: from the file, from the keyring, never printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slshell.model.errors import NotFound, UsageError

if TYPE_CHECKING:
    from slshell.client.profiles import Profile

SERVICE = "slshell"
KEYRING = "keyring"


def password_of(profile: Profile) -> str:
    """The password of a profile's account; empty when there is none.

    Raises:
        UsageError: it is in the keyring, which is not installed or cannot be used. NotFound: the keyring
        does not have it.
    """
    if profile.password_from != KEYRING:
        return profile.password
    found = _asked(lambda keyring: keyring.get_password(SERVICE, entry_of(profile.name, profile.username)))
    if not isinstance(found, str):
        raise NotFound(
            f"the keyring has no password for profile “{profile.name}”",
            hint=f"slshell config set {profile.name}.password --keyring asks for it and keeps it",
        )
    return found


def keep_password(profile: str, username: str, password: str) -> None:
    """Put a password into the keyring.

    Raises:
        UsageError: the keyring is not installed or cannot be used.
    """
    _asked(lambda keyring: keyring.set_password(SERVICE, entry_of(profile, username), password))


def entry_of(profile: str, username: str) -> str:
    """The name under which the keyring has a password."""
    return f"{username}@{profile}" if username else profile


def _asked(question: Any) -> Any:
    try:
        import keyring
        import keyring.errors
    except ImportError as error:
        raise UsageError(
            "the keyring cannot be used: the Python package keyring is not installed",
            hint="pipx inject slshell keyring, or pip install 'slshell[keyring]'",
        ) from error
    try:
        return question(keyring)
    except keyring.errors.KeyringError as error:
        raise UsageError(
            "the keyring cannot be used",
            why=str(error) or type(error).__name__,
            hint="unlock it, or write the password into stratuslab-user.cfg with mode 600",
        ) from error
