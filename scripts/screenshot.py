"""Make docs/dashboard.svg from the real program: a running cloud, real machines, the real dashboard.

`.venv/bin/python scripts/screenshot.py [FILE]` uses the cloud that slshell would use, starts three machines
there, waits until they answer, draws, and kills them again.
"""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

from slshell.client.cloud import new_request_id
from slshell.commands.environment import of_process
from slshell.dashboard.app import SlshellApp
from slshell.model.instance import Instance, RunRequest

SIZE = (120, 34)
PATIENCE_S = 120.0
LAUNCHES = (("web-1", "m1.small"), ("web-2", "m1.small"), ("database", "m1.large"))


async def main(target: Path) -> None:
    """Start, draw, kill."""
    environment = of_process()
    cloud = environment.cloud
    made: list[Instance] = []
    try:
        for name, size in LAUNCHES:
            request = RunRequest(request_id=new_request_id(), appliance="ttylinux", name=name, type=size)
            made += await asyncio.to_thread(cloud.run_instance, request)
        numbers = {one.id for one in made}
        app = SlshellApp(environment)
        async with app.run_test(size=SIZE) as pilot, asyncio.timeout(PATIENCE_S):
            while not _all_answer(app, numbers):
                await pilot.pause(0.5)
            await pilot.pause(5)
            target.write_text(_portable(app.export_screenshot(title="slshell")), encoding="utf-8")
            app.exit()
    finally:
        for one in made:
            await asyncio.to_thread(cloud.kill, one.id)


def _all_answer(app: SlshellApp, numbers: set[int]) -> bool:
    known = app.picture.snapshot.instances
    return all(number in known and known[number].reachable for number in numbers)


def _portable(svg: str) -> str:
    """The drawing without fonts from elsewhere, and with the blanks that align it."""
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    return svg.replace("<svg ", '<svg xml:space="preserve" ', 1)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/dashboard.svg")))
