# shellcheck shell=sh
# Sourced by scripts/corsight, scripts/test and scripts/lock, with $root set to the checkout.
#
# Keeps the environment in $root/.corsight/venv: built aside from the pinned requirements, then moved into place, so a
# start that is cut short leaves nothing half done. A stamp inside it says what it was built from; while the stamp is
# true, a start runs neither Python nor uv, and needs no network.

# shellcheck disable=SC2154
state=$root/.corsight
venv=$state/venv
log=$state/setup.log

# The pinned pydantic-core has no wheel for Python 3.14: the pinned mitmproxy 12.2 holds typing-extensions, and so
# pydantic, back. mitmproxy 12.3 does not.
oldest='3, 12'
newest='3, 13'

fail() {
    printf 'corsight: %s\n' "$1" >&2
    exit 2
}

# What an environment of the kind $1 (runtime or dev) is built from, as one number.
stamp() {
    case $1 in
        runtime) cat "$root/requirements.txt" "$root/.python-version" ;;
        dev) cat "$root/requirements.txt" "$root/requirements-dev.txt" "$root/.python-version" ;;
    esac | cksum
}

is_ready() {
    [ -x "$venv/bin/python" ] && [ -f "$venv/stamp-$1" ] && [ "$(cat "$venv/stamp-$1")" = "$(stamp "$1")" ]
}

# Prints the path of the first Python from version $1 to version $2, or of the one that CORSIGHT_PYTHON names. Asked
# from the checkout, whose .python-version pyenv's shims read; a shim whose version is not installed fails, and the
# search goes on.
find_python() (
    cd "$root" || exit 1
    if [ -n "${CORSIGHT_PYTHON:-}" ]; then
        set -- "$1" "$2" "$CORSIGHT_PYTHON"
    else
        set -- "$1" "$2" python3.13 python3.12 python3 \
            "${PYENV_ROOT:-${HOME:-}/.pyenv}"/versions/3.1[23].*/bin/python3 \
            /usr/bin/python3 /usr/local/bin/python3 /opt/homebrew/bin/python3
    fi
    versions="($1) <= sys.version_info[:2] <= ($2)"
    shift 2
    for candidate in "$@"; do
        "$candidate" -I -c "import sys; $versions or sys.exit(1); print(sys.executable)" 2>/dev/null && exit
    done
    exit 1
)

# Sets $uv: the one on PATH, or one of our own, installed with pip on the first start.
find_uv() {
    uv=uv
    "$uv" --version >/dev/null 2>&1 && return
    uv=$state/uv/bin/uv
    "$uv" --version >/dev/null 2>&1 || install_uv
    # Our uv comes from the registry that pip is set up for, and reads the same one.
    if [ -z "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}" ]; then
        UV_DEFAULT_INDEX=${PIP_INDEX_URL:-$("$tool_python" -m pip config get global.index-url 2>/dev/null)} || true
        if [ -n "$UV_DEFAULT_INDEX" ]; then export UV_DEFAULT_INDEX; else unset UV_DEFAULT_INDEX; fi
    fi
}

install_uv() {
    rm -rf "$state/uv"
    # Debian's python3 has no ensurepip until python3-venv is there; its pip, where installed, can still fill a folder.
    {
        "$tool_python" -m venv "$state/uv" && "$state/uv/bin/python" -m pip install --quiet 'uv>=0.8,<1'
    } >"$log" 2>&1 && return
    rm -rf "$state/uv"
    "$tool_python" -m pip install --quiet --target "$state/uv" 'uv>=0.8,<1' >>"$log" 2>&1 && return
    rm -rf "$state/uv"
    fail "cannot install uv with $tool_python: $(reason); install uv, or python3-venv and a way to a package registry (all of it: $log)"
}

# The line of the log that says most: pip's first error, uv's innermost cause, or the last line.
reason() {
    line=$(sed -n 's/^ERROR: //p' "$log" | head -n 1)
    [ -n "$line" ] || line=$(sed -n 's/^ *cause: //p; s/^ *Caused by: //p' "$log" | tail -n 1)
    [ -n "$line" ] || line=$(sed -n 's/^error: //p' "$log" | head -n 1)
    [ -n "$line" ] || line=$(sed '/^[[:space:]]*$/d' "$log" | tail -n 1)
    printf '%s' "${line:-no reason given}"
}

# Two first starts: the second waits. The lock belongs to file descriptor 9 and ends with the process that holds it,
# however it ends, so no stale lock is ever left behind.
lock() {
    exec 9>"$state/lock"
    "$tool_python" -I -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX | fcntl.LOCK_NB)' 2>/dev/null && return
    echo 'corsight: another start is setting up; waiting for it' >&2
    "$tool_python" -I -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)' 2>/dev/null || true
}

unlock() {
    exec 9>&-
}

start_setup() {
    tool_python=$(find_python '3, 8' '3, 99') ||
        fail 'python3 is not on PATH or does not start; install Python 3.13 (python.org, or your system'\''s packages)'
    mkdir -p "$state" 2>/dev/null || true
    { [ -d "$state" ] && [ -w "$state" ]; } || fail "cannot write to $state; make it writable, or use a checkout of your own"
}

# Makes an environment without packages in $venv.new.
new_venv() {
    rm -rf "$venv.new" "$venv.old"
    if python=$(find_python "$oldest" "$newest"); then
        "$uv" venv --quiet --no-project --relocatable --python "$python" "$venv.new" >"$log" 2>&1 ||
            fail "cannot make an environment in $state: $(reason) (all of it: $log)"
    else
        UV_PYTHON_INSTALL_DIR=$state/python \
            "$uv" venv --quiet --no-project --relocatable --managed-python --python 3.13 "$venv.new" >"$log" 2>&1 ||
            fail "needs Python 3.12 or 3.13 and found only $("$tool_python" --version 2>&1) ($tool_python); install one, or name one in CORSIGHT_PYTHON"
    fi
}

# Installs what $root/$2 pins, and nothing else, into the environment $1.
fill() {
    "$uv" pip sync --quiet --require-hashes --compile-bytecode --python "$1/bin/python" "$root/$2" >"$log" 2>&1 ||
        fail "cannot install the packages of $2: $(reason); is a package registry within reach? (all of it: $log)"
}

# The checkout's folders are the packages of one namespace, corsight: a link named so leads to the checkout.
link_namespace() {
    [ -h "$state/src/corsight" ] && return
    mkdir -p "$state/src" && ln -sfn ../.. "$state/src/corsight" || fail "cannot write to $state; make it writable"
}

# Makes $venv fit the kind $1: runtime (what corsight runs on) or dev (the same, and what its tests need).
ensure() {
    is_ready "$1" && [ -h "$state/src/corsight" ] && return
    start_setup
    lock
    link_namespace
    if ! is_ready "$1"; then
        echo 'corsight: setting up its packages in .corsight, once; this takes a moment' >&2
        find_uv
        # What the tests need comes on top: a corsight that runs meanwhile keeps its packages.
        if [ "$1" = dev ] && is_ready runtime; then
            fill "$venv" requirements-dev.txt
            stamp dev >"$venv/stamp-dev"
        else
            new_venv
            case $1 in
                runtime) fill "$venv.new" requirements.txt ;;
                dev) fill "$venv.new" requirements-dev.txt && stamp dev >"$venv.new/stamp-dev" ;;
            esac
            stamp runtime >"$venv.new/stamp-runtime"
            [ ! -e "$venv" ] || mv "$venv" "$venv.old"
            mv "$venv.new" "$venv"
            rm -rf "$venv.old"
        fi
    fi
    unlock
}
