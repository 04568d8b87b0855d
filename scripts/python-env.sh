#!/usr/bin/env bash
# Makes .venv exactly from requirements.lock; does nothing when it already is.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }
fail() { say "setup: $1"; shift; for line in "$@"; do say "  $line"; done; exit 1; }

# What the environment depends on; the path belongs to it because scripts in .venv name it.
fingerprint() { { pwd; cat requirements.lock pyproject.toml scripts/python-env.sh; } | sha256sum | cut -d ' ' -f 1; }

check_owner() {
    local item
    for item in . .venv .cache; do
        if [ -e "$item" ] && [ ! -w "$item" ]; then
            fail "$PWD belongs to another account, so $(id -un) cannot set it up." \
                "Clone it again as $(id -un), or as its owner run: chown -R $(id -un) $PWD"
        fi
    done
    if [ -e .venv/bin/python ] && ! .venv/bin/python -c '' 2>/dev/null; then
        say "setup: the Python of .venv cannot be run by $(id -un); making .venv anew"
        rm -rf .venv
    fi
}

# Whether $1 is a Python of 3.11 or newer that can compile an extension.
suitable() {
    [ -x "$1" ] && "$1" - <<'PY' 2>/dev/null
import pathlib, sys, sysconfig
headers = pathlib.Path(sysconfig.get_path("include"), "Python.h")
sys.exit(not (sys.version_info >= (3, 11) and headers.exists()))
PY
}

# The distribution's Python can be run by every account; one below a home often cannot.
choose_python() {
    local name
    for name in /usr/bin/python3 python3.14 python3.13 python3.12 python3.11 python3; do
        name=$(command -v "$name" || true)
        if suitable "$name"; then
            echo "$name"
            return
        fi
    done
    say "setup: no Python of 3.11 or newer with its headers was found; uv fetches one"
    echo 3.12
}

install() {
    local uv python
    uv=$(scripts/find-uv.sh)
    python=$(choose_python)
    # A company's own certificates are known to the system only.
    export UV_SYSTEM_CERTS=${UV_SYSTEM_CERTS:-1}
    export UV_PYTHON_INSTALL_DIR=${UV_PYTHON_INSTALL_DIR:-$PWD/.cache/python}
    # uv leaves its locks in the temporary folder.
    export TMPDIR=$PWD/.cache/tmp
    mkdir -p "$TMPDIR"
    export UV_BUILD_CONSTRAINT=requirements.lock VIRTUAL_ENV=$PWD/.venv
    say "setup: making the Python environment in .venv"
    # The tests make environments from this cache, so it has to hold all that .venv has.
    if [ ! -d "$UV_CACHE_DIR" ]; then rm -rf .venv; fi
    if [ ! -x .venv/bin/python ]; then "$uv" venv --quiet --python "$python" .venv; fi
    "$uv" pip sync --quiet --require-hashes requirements.lock
    "$uv" pip install --quiet --no-deps --no-build-isolation --editable .
}

stamp=.venv/.slshell-setup
export UV_CACHE_DIR=${UV_CACHE_DIR:-$PWD/.cache/uv}
up_to_date() { [ -x .venv/bin/slshell ] && [ -d "$UV_CACHE_DIR" ] && [ "$(cat "$stamp" 2>/dev/null || true)" = "$(fingerprint)" ]; }

check_owner
if up_to_date; then exit; fi
mkdir -p .cache
exec 9>.cache/setup.lock
flock 9
if up_to_date; then exit; fi
rm -f "$stamp"
install
fingerprint >"$stamp"
