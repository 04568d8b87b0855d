#!/usr/bin/env bash
# Writes requirements.lock: every Python package for every platform and extra, with hashes, and no index in it.
set -euo pipefail
cd "$(dirname "$0")/.."
uv=$(scripts/find-uv.sh)
env -u UV_FIND_LINKS -u PIP_FIND_LINKS "$uv" --no-config pip compile pyproject.toml scripts/requirements-build.in \
    --universal --python-version 3.11 --all-extras --group dev --generate-hashes \
    --no-header --no-annotate --quiet "$@" --output-file requirements.lock
sed -i '1i # Made by "make lock": the Python packages of slshell, of its extras, its tests and its builds.' requirements.lock
