"""The keys of the main screen that are about volumes, from either side: the volume's or the machine's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from slshell.dashboard import text
from slshell.dashboard.forms import ATTACH_VOLUME, CREATE_VOLUME, RESIZE_VOLUME
from slshell.dashboard.screens.choose import ChooseScreen, Offer
from slshell.dashboard.screens.doing import Doing
from slshell.model.instance import Instance, State
from slshell.model.volume import Volume, VolumeState

_LETTERS = "123456789"


class DoingWithVolumes(Doing):
    """Attach, detach, make, grow, delete and bring back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "attach", "Attach", id="do.attach", tooltip="Plug a volume into a machine"),
        Binding(
            "x", "detach", "Detach", show=False, id="do.detach", tooltip="Take a volume out of its machine"
        ),
        Binding("n", "new_volume", "New volume", id="do.new-volume"),
        Binding("e", "enlarge", "Make larger", show=False, id="do.enlarge"),
        Binding("U", "undelete", "Bring back", show=False, id="do.undelete"),
    ]
    CHANGING: ClassVar[frozenset[str]] = Doing.CHANGING | {
        "attach",
        "detach",
        "new_volume",
        "enlarge",
        "undelete",
    }

    def action_attach(self) -> None:
        """Fill in `attach-volume` for the machine or the volumes; the only one of the other kind as well."""
        row = self.table.cursor_row
        if isinstance(row, Instance):
            partners = [one.id for one in self._volumes if one.state is VolumeState.AVAILABLE]
            given, wanted = {"instance": str(row.id)}, "volumes"
        elif isinstance(row, Volume):
            machines = self.picture.snapshot.instances.values()
            partners = [str(one.id) for one in machines if one.state is State.RUNNING]
            given, wanted = {"volumes": " ".join(one.id for one in self.table.targets)}, "instance"
        else:
            return
        if not partners:
            none = "no volume is free; n makes one" if wanted == "volumes" else "no machine runs"
            self.notify(f"{none}.".capitalize(), title="Attach", markup=False)
            return
        if len(partners) == 1:
            given[wanted] = partners[0]
        self.open_form(ATTACH_VOLUME, **given)

    def action_detach(self) -> None:
        """Take the volume out; of a machine with several, choose."""
        row = self.table.cursor_row
        if isinstance(row, Volume):
            self.dashboard.run_command(f"detach-volume {row.id}")
        elif isinstance(row, Instance):
            held = [one for one in self._volumes if one.instance_id == row.id and not one.at_launch]
            if len(held) == 1:
                self.dashboard.run_command(f"detach-volume {held[0].id}")
                return
            self._choose("Detach which volume?", [(one.id, *_about(one)) for one in held],
                         lambda volume: f"detach-volume {volume}")  # fmt: skip

    def action_new_volume(self) -> None:
        """Fill in `create-volume`."""
        self.open_form(CREATE_VOLUME)

    def action_enlarge(self) -> None:
        """Fill in `resize-volume` for the volume under the cursor."""
        row = self.table.cursor_row
        if isinstance(row, Volume):
            self.open_form(RESIZE_VOLUME, volume=row.id)

    def action_undelete(self) -> None:
        """Bring the marked volumes back, or the one under the cursor."""
        ids = [row.id for row in self.table.targets if isinstance(row, Volume)]
        if ids:
            self.dashboard.run_command(f"undelete-volume {' '.join(ids)}")

    def action_on_targets(self, name: str) -> None:
        """On volumes the key that destroys deletes; all else is for machines."""
        ids = [row.id for row in self.table.targets if isinstance(row, Volume)]
        if ids and name == "kill":
            self.dashboard.run_command(f"delete-volume {' '.join(ids)}")
        else:
            super().action_on_targets(name)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys for volumes where they make sense; what cannot be done now is greyed."""
        if action in self.CHANGING and self.dashboard.read_only:
            return False
        if self.is_mounted and self.view.id == "volumes" and action == "on_targets":
            if parameters != ("kill",):
                return False
            return None if self.table.cursor_row is None else True
        if action not in ("attach", "detach", "enlarge", "undelete"):
            return super().check_action(action, parameters)
        if not self.is_mounted or self.view.id not in ("volumes", "instances"):
            return False
        row = self.table.cursor_row
        if isinstance(row, Instance):
            if action in ("enlarge", "undelete"):
                return False
            return True if row.state is State.RUNNING else None
        return True if isinstance(row, Volume) and row.state in _WHEN[action] else None

    @property
    def _volumes(self) -> Sequence[Volume]:
        return list(self.picture.snapshot.volumes.values())

    def _choose(self, words: str, offers: Sequence[tuple[str, str, str]], line: Callable[[str], str]) -> None:
        """Let one of several (word, name, about) be chosen, and run what becomes of it."""
        if not offers:
            self.notify("There is none to choose.", title=words, markup=False)
            return

        def chosen(place: int | None) -> None:
            if place is not None:
                self.dashboard.run_command(line(offers[place][0]))

        shown = [
            Offer(_LETTERS[at] if at < len(_LETTERS) else "", text.clean(name), about)
            for at, (_, name, about) in enumerate(offers)
        ]
        self.app.push_screen(ChooseScreen(words, shown), chosen)


_WHEN = {
    "attach": (VolumeState.AVAILABLE,),
    "detach": (VolumeState.ATTACHED, VolumeState.DETACHING),
    "enlarge": (VolumeState.AVAILABLE, VolumeState.ATTACHED),
    "undelete": (VolumeState.DELETED,),
}


def _about(volume: Volume) -> tuple[str, str]:
    return volume.tag or volume.id[:8], f"{text.size(volume.size_bytes)}, {volume.id}"
