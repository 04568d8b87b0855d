#!/usr/bin/env bash
# Installs the system packages named in the given lists; does nothing when all are there.
#   scripts/system-packages.sh LIST...
set -euo pipefail

say() { printf '%s\n' "$*" >&2; }
fail() { say "setup: $1"; shift; for line in "$@"; do say "  $line"; done; exit 1; }

# Prints "name<TAB>why" for every entry of the lists; "name?" is one that not every distribution has.
entries() { sed -nE 's/^([a-z0-9.+-]+\??):[[:space:]]*(.+)$/\1\t\2/p' "$@"; }

# Prints the entries of stdin without those of "name?" that this distribution has no package for.
offered() {
    local name why
    while IFS=$'\t' read -r name why; do
        if [ "$name" = "${name%\?}" ] || apt-cache show "${name%\?}" >/dev/null 2>&1; then
            printf '%s\t%s\n' "${name%\?}" "$why"
        fi
    done
}

# Prints the entries of stdin whose package is not installed.
only_missing() {
    local present
    present=$(dpkg-query -W -f='${db:Status-Abbrev} ${Package}\n' "$@" 2>/dev/null | awk 'substr($1, 2, 1) == "i" { print $2 }') || true
    awk -F '\t' -v present="$present" 'BEGIN { n = split(present, p, "\n"); while (n) have[p[n--]] } !($1 in have)'
}

has_lists() { compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null; }

# Sets the array `as_root` to what must stand before a command that needs root.
choose_as_root() {
    as_root=()
    if [ "$(id -u)" -eq 0 ]; then return; fi
    if command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
        as_root=(sudo)
        return
    fi
    fail "these need an administrator, and sudo cannot be used here. As root, run:" "$1" "and then repeat this command."
}

# apt-get without questions; what it says is shown only when it fails.
apt() {
    local log status=0
    log=$(mktemp)
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 "$@" >"$log" 2>&1 </dev/null || status=$?
    if [ "$status" -ne 0 ]; then tail -n 20 "$log" >&2; fi
    rm -f "$log"
    return "$status"
}

# A test server is started by its test: the distribution's own one would take the port and run for ever.
without_default_cluster() {
    local folder=/etc/postgresql-common/createcluster.d file
    file=$folder/slshell-setup.conf
    "${as_root[@]}" mkdir -p "$folder"
    echo 'create_main_cluster = false' | "${as_root[@]}" tee "$file" >/dev/null
    local status=0
    "$@" || status=$?
    "${as_root[@]}" rm -f "$file"
    "${as_root[@]}" rmdir --ignore-fail-on-non-empty "$folder"
    return "$status"
}

install_packages() {
    if ! has_lists; then apt update; fi
    if ! apt install -y --no-install-recommends "$@"; then
        say "setup: that did not work; once more with fresh package lists"
        apt update
        apt install -y --no-install-recommends "$@"
    fi
}

main() {
    local wanted missing names command
    wanted=$(entries "$@")
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        say "setup: this is not a Debian or Ubuntu system. Install what these packages hold, by the names used here:"
        sed 's/\t/: /; s/^/  /' <<<"$wanted" >&2
        fail "then run again with SLSHELL_SKIP_SYSTEM_PACKAGES=1"
    fi
    if grep -q '^[^[:space:]]*?' <<<"$wanted" && ! has_lists; then
        say "setup: the package lists are missing and will be fetched"
        choose_as_root "apt-get update"
        apt update
    fi
    wanted=$(offered <<<"$wanted")
    mapfile -t names < <(cut -f1 <<<"$wanted")
    missing=$(only_missing "${names[@]}" <<<"$wanted")
    if [ -z "$missing" ] && has_lists; then return; fi

    command="apt-get update"
    if [ -n "$missing" ]; then
        mapfile -t names < <(cut -f1 <<<"$missing")
        say "setup: these system packages are missing and will be installed:"
        sed 's/\t/: /; s/^/  /' <<<"$missing" >&2
        command+=" && apt-get install -y --no-install-recommends ${names[*]}"
    else
        say "setup: the package lists are missing; the bundled appliance is made from the distribution's packages"
    fi
    choose_as_root "$command"
    if [ -z "$missing" ]; then
        apt update
    elif grep -q '^postgresql' <<<"$missing"; then
        without_default_cluster install_packages "${names[@]}"
    else
        install_packages "${names[@]}"
    fi
}

if [ -z "${SLSHELL_SKIP_SYSTEM_PACKAGES:-}" ]; then main "$@"; fi
