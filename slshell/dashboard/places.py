"""Where keys are listened to together; a new screen or dialog with keys of its own is one entry."""

from __future__ import annotations

from textual.app import App

from slshell.dashboard.keymap import Place
from slshell.dashboard.screens.choose import ChooseScreen
from slshell.dashboard.screens.columns import ColumnChoices, ColumnsScreen
from slshell.dashboard.screens.confirm import ConfirmScreen
from slshell.dashboard.screens.form import FieldInput, FormScreen
from slshell.dashboard.screens.help import HelpScreen
from slshell.dashboard.screens.live import LiveScreen
from slshell.dashboard.screens.main import MainScreen
from slshell.dashboard.screens.output import OutputScreen
from slshell.dashboard.screens.secret import SecretScreen
from slshell.dashboard.screens.theme_picker import ThemePicker
from slshell.dashboard.screens.tour import TourScreen
from slshell.dashboard.sessions.leader import CopyLine, LeaderLine
from slshell.dashboard.sessions.paste import PasteScreen
from slshell.dashboard.sessions.view import TerminalView
from slshell.dashboard.widgets.detail_pane import DetailPane
from slshell.dashboard.widgets.prompts import PromptInput
from slshell.dashboard.widgets.resource_table import ResourceTable


def places(app: type[App[int]]) -> tuple[Place, ...]:
    """All places of the dashboard; `app` is its class."""
    return (
        (app, MainScreen, ResourceTable),
        (app, MainScreen, DetailPane),
        (PromptInput,),
        (ColumnsScreen, ColumnChoices),
        (ThemePicker,),
        (TourScreen,),
        (ChooseScreen,),
        (FormScreen, FieldInput),
        (ConfirmScreen,),
        (HelpScreen,),
        (OutputScreen,),
        (LiveScreen,),
        (SecretScreen,),
        (PasteScreen,),
        (TerminalView,),
        (LeaderLine,),
        (CopyLine,),
    )
