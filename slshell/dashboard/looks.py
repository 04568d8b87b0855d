"""Which theme the dashboard wears: the profile's, the one that was chosen last, or the configured one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from textual.app import App
from textual.theme import Theme

from slshell.client.profiles import config_folder
from slshell.commands.environment import Environment
from slshell.dashboard import themes
from slshell.dashboard.session import Session
from slshell.dashboard.text import clean


class Looks:
    """The themes there are, and the choice among them."""

    def __init__(self, app: App[int], environment: Environment, tell: Callable[[str, str], None]) -> None:
        """`tell` takes title and text of what is wrong."""
        self._app = app
        self._folder = config_folder(environment.environ) / "themes"
        self._own = environment.profile.theme
        self._usual = themes.usual(environment.environ)
        self.setting = self._own or environment.settings.dashboard.theme
        """What the configuration asks for: a profile's own theme before the general one."""
        self.chosen = ""
        """The theme that the user has taken, empty for none."""
        self._tell = tell
        self._seen: dict[Path, int] = {}
        self.names: list[str] = []

    @property
    def where(self) -> str:
        """Where themes of one's own go, for people."""
        return f"Your own: {clean(str(self._folder))}"

    def load(self) -> None:
        """Read all themes; one that cannot be used is told and left out."""
        found: dict[str, Theme] = {theme.name: theme for theme in themes.bundled()}
        self._seen = self._stamps()
        users, errors = themes.of_folder(self._folder)
        found.update((theme.name, theme) for theme in users)
        for theme in found.values():
            self._app.register_theme(theme)
        for error in errors:
            self._tell("A theme cannot be used", error.message)
        self.names = sorted(found)

    def reload(self) -> bool:
        """Read the user's themes again when a file of them changed; the one that is worn changes at once."""
        if self._stamps() == self._seen:
            return False
        self.load()
        self._app.mutate_reactive(App.theme)
        return True

    def begin(self, session: Session) -> None:
        """Put on the theme that was chosen last, unless the configuration asks for another since."""
        kept = session.theme if session.theme_setting == self.setting and not self._own else ""
        if kept in self.names:
            self.choose(kept)
            return
        self._app.theme = self.setting if self.setting in self.names else self._usual
        if self.setting and self.setting not in self.names:
            self._tell("The theme", f"There is no theme “{self.setting}”. There is: {', '.join(self.names)}.")

    def choose(self, name: str) -> None:
        """Put on a theme, and keep it for the next time."""
        self._app.theme = self.chosen = name

    def choose_next(self) -> None:
        """The next of the themes."""
        place = self.names.index(self._app.theme) + 1 if self._app.theme in self.names else 0
        self.choose(self.names[place % len(self.names)])

    def _stamps(self) -> dict[Path, int]:
        """When each file of the user's folder was changed last."""
        stamps: dict[Path, int] = {}
        for path in self._folder.glob("*.toml") if self._folder.is_dir() else ():
            try:
                stamps[path] = path.stat().st_mtime_ns
            except OSError:
                stamps[path] = 0
        return stamps
