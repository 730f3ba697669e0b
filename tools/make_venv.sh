#!/bin/sh
# Makes the virtual environment: tools/make_venv.sh PYTHON DIRECTORY
set -eu
python=$1
venv=$2

if ! command -v "$python" >/dev/null; then
    echo "Petcam needs Python 3.11 or later, and there is no '$python' here." >&2
    echo "Install it (Debian, Ubuntu: apt install python3 python3-venv) or name it: make run PYTHON=..." >&2
    exit 1
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "Petcam needs Python 3.11 or later; '$python' is $("$python" --version)." >&2
    echo "Name a newer one: make run PYTHON=python3.12" >&2
    exit 1
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "Installing python${version}-venv ..."
        apt-get update -qq && apt-get install -y -qq "python${version}-venv" >/dev/null
    else
        echo "Python's venv module is missing. Install it: sudo apt install python${version}-venv" >&2
        exit 1
    fi
fi
echo "Making a virtual environment in $venv ..."
"$python" -m venv "$venv"
