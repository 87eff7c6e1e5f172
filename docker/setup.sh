#!/bin/sh
# Create or repair one virtual environment from locked lists.
#   docker/setup.sh .venv platform dev        the platform and its tests
#   docker/setup.sh .venv-engine engine-cpu   the model server
# A stamp per list holds the list's checksum: with the right stamps there is nothing to do. An install that failed or
# was interrupted has no stamp; its environment is made anew, which the package cache makes cheap.
set -eu
here=$(dirname "$0")
venv=$1
shift
python=${PYTHON:-python3}

checksum() { { cat "$here/locks/$1.txt"; "$python" -V; pwd; } | cksum | cut -d' ' -f1; }
stamp() { printf '%s/.ready-%s' "$venv" "$1"; }
ready() { [ -f "$(stamp "$1")" ] && [ "$(cat "$(stamp "$1")")" = "$(checksum "$1")" ]; }

missing=""
for list in "$@"; do ready "$list" || missing="$missing $list"; done
[ -n "$missing" ] || exit 0

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "set-up: CPython 3.11 or later is needed; PYTHON=$python is $("$python" -V)" >&2
    exit 1
}
# Start clean unless every stamp that exists is right and no install is half done.
if [ -f "$venv/.installing" ] || [ ! -x "$venv/bin/python" ]; then fresh=yes; else fresh=no; fi
for old in "$venv"/.ready-*; do
    [ -e "$old" ] || continue
    ready "${old##*.ready-}" || fresh=yes
done
if [ "$fresh" = yes ]; then
    if [ -d "$venv" ]; then for old in "$venv"/.ready-*; do [ ! -e "$old" ] || missing="$missing ${old##*.ready-}"; done; fi
    echo "set-up: making $venv"
    "$python" -m venv --clear "$venv"
fi
touch "$venv/.installing"
for list in $(printf '%s\n' $missing | sort -u); do
    echo "set-up: installing $list into $venv ($(grep -vc '^#' "$here/locks/$list.txt") packages)"
    "$venv/bin/python" -m pip install -qq --no-deps --no-compile --disable-pip-version-check \
        -r "$here/locks/$list.txt" || {
        echo "set-up: installing $list failed. Run the same command again; if it keeps failing, see CONTRIBUTING.md, 'Set-up'." >&2
        exit 1
    }
    checksum "$list" > "$(stamp "$list")"
done
# Seatmate itself, editable and without resolving: hatchling and editables come with the lists.
"$venv/bin/python" -m pip install -qq --no-deps --no-build-isolation --disable-pip-version-check -e "$here/.."
rm "$venv/.installing"
