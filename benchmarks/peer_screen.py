"""`virtui-manager`, installed for one run into a folder that is thrown away, on libvirt's test driver.

Its graphical consoles want PyGObject, which is not needed here: an empty stand-in for the module `gi` takes
its place. It shows machines as cards in pages, so what is timed is the key to the next page.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks import report
from benchmarks.terminal import Dashboard, program
from benchmarks.world import World, cpu_s

NAME = "virtui-manager"
NEEDS = ("libvirt-python", "textual", "pyyaml", "markdown-it-py", "packaging", "requests")
INSTALL_S = 600
PATIENCE_S = 60.0
CALM_S = 10.0
IDLE_S = 30.0
STAND_IN = "def require_version(*_):\n    raise ValueError('this is not PyGObject')\n"
NEXT_PAGE = "\x1b[C"
"""The arrow to the right."""


def measure(own: World, rows: int, keys: int) -> None:
    """Measure and print; a word when it cannot be had or does not manage so many."""
    folder = own.folder / "peer"
    python = folder / "bin/python"
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for step in (
        [sys.executable, "-m", "venv", str(folder)],
        [*pip, "--no-deps", NAME],
        [*pip, *NEEDS],
    ):
        done = subprocess.run(step, capture_output=True, text=True, timeout=INSTALL_S, check=False)
        if done.returncode != 0:
            report.say(f"{NAME} is left out: {(done.stderr or done.stdout).strip().splitlines()[-1:]}")
            return
    [packages] = (folder / "lib").glob("python*/site-packages")
    (packages / "gi").mkdir(exist_ok=True)
    (packages / "gi/__init__.py").write_text(STAND_IN)
    for count in (rows, rows // 10):
        if _drawn(own, folder, count, keys):
            return


def _drawn(own: World, folder: Path, rows: int, keys: int) -> bool:
    """Measure with so many machines; False when nothing is drawn in time."""
    machines = own.folder / f"machines-{rows}.xml"
    machines.write_text(machines_of_test_driver(rows))
    settings = own.folder / "h/.config/virtui-manager/config.yaml"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(f"servers:\n- name: test\n  uri: test://{machines}\n  autoconnect: true\n")
    report.say(f"{NAME} on {rows} machines of libvirt's test driver, which run")
    with program(own, [str(folder / "bin" / NAME)], "q", columns=200, lines=60) as shown:
        try:
            drawn = shown.wait_for("one-16", PATIENCE_S)
        except TimeoutError:
            report.say(f"  nothing is drawn within {PATIENCE_S:.0f} s")
            return False
        report.say(f"{'  start → rows drawn':44} {(drawn - shown.began) * 1000:.0f} ms")
        _use(shown, keys)
    return True


def _use(shown: Dashboard, keys: int) -> None:
    shown.listen(CALM_S)
    pid = shown.process.pid
    before = cpu_s(pid)
    shown.listen(IDLE_S)
    share = 100 * (cpu_s(pid) - before) / IDLE_S
    report.say(f"{'  idle':44} {share:.2f} % of a core")
    times, before = [], cpu_s(pid)
    for page in range(min(keys, 20)):
        shown.forget()
        asked = shown.press_at(NEXT_PAGE)
        try:
            times.append((shown.wait_for(f"one-{(page + 1) * 16 + 1}", PATIENCE_S) - asked) * 1000)
        except TimeoutError:
            report.say(f"  page {page + 2} is not drawn within {PATIENCE_S:.0f} s")
            break
        shown.listen(0.5)
    if times:
        report.line("  key → next page", times, "ms", 1)
        report.say(f"{'  CPU for each':44} {(cpu_s(pid) - before) / len(times) * 1000:.1f} ms")
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    resident = next(int(each.split()[1]) / 1024 for each in lines if each.startswith("VmRSS"))
    report.say(f"{'  resident memory':44} {resident:.0f} MiB")


def machines_of_test_driver(count: int) -> str:
    """A file of libvirt's test driver with machines named one-1 and so on."""
    one = (
        "<domain type='test'><name>one-{}</name><memory unit='MiB'>128</memory>"
        "<os><type>hvm</type></os></domain>"
    )
    return f"<node>{''.join(one.format(number) for number in range(1, count + 1))}</node>"
