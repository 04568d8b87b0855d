#!/usr/bin/env bash
# Sets slshell up in this checkout; safe to repeat, and quick when there is nothing to do.
#   scripts/setup.sh [--tests]     also what the tests need
set -euo pipefail
cd "$(dirname "$0")/.."
umask 022

lists=(scripts/packages.txt)
if [ "${1:-}" = --tests ]; then lists+=(scripts/packages-test.txt); fi
scripts/system-packages.sh "${lists[@]}"
scripts/python-env.sh
