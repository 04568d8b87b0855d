#!/usr/bin/env bash
# Prints the path of a uv that works, and first installs one into .cache/uv-venv when there is none.
set -euo pipefail
cd "$(dirname "$0")/.."

# Whether $1 is a uv that knows the options used here (0.8 of 2025 does).
good_enough() {
    local version
    version=$("$1" --version 2>/dev/null | awk '{ print $2 }') || return 1
    [ -n "$version" ] && [ "$(printf '0.8.0\n%s\n' "$version" | sort -V | head -n 1)" = 0.8.0 ]
}

own=$PWD/.cache/uv-venv/bin/uv
for candidate in "$(command -v uv || true)" "$HOME/.local/bin/uv" "$own"; do
    if [ -x "$candidate" ] && good_enough "$candidate"; then
        echo "$candidate"
        exit
    fi
done

echo "setup: installing uv, which makes the Python environment, into .cache/uv-venv" >&2
python=/usr/bin/python3
if [ ! -x "$python" ]; then python=$(command -v python3); fi
rm -rf .cache/uv-venv
"$python" -m venv .cache/uv-venv
wanted=.cache/uv-requirement.txt
if [ -s requirements.lock ]; then
    awk '/^uv==/ { on = 1 } on { print; if ($0 !~ /\\$/) exit }' requirements.lock >"$wanted"
    .cache/uv-venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$wanted" >&2
    rm -f "$wanted"
else
    .cache/uv-venv/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.8' >&2
fi
echo "$own"
