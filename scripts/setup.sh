# What scripts/test and scripts/demo need of the machine. Sourced, not run:
#
#   . "$(dirname "$0")/setup.sh"   # sets $repo; changes nothing else
#   need_go; need_postgres; need_npm
#
# Each need_… returns at once when its thing is there. Otherwise it installs it
# with the system's packages (as root, or with a sudo that asks for no password)
# or ends the script with a sentence on what to install. Bash, Debian-like
# systems. Nothing is printed to stdout.
#
# shellcheck shell=bash

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tools="$repo/.floe/tools" # untracked
node_version=22.23.3      # used where the system's node is older than 20

# Go and npm keep caches at home; containers and services may have none.
export HOME="${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}"
[ -n "$HOME" ] && [ -w "$HOME" ] || export HOME="$repo/.floe/home"
mkdir -p "$HOME"

say() { printf '%5ds  %s\n' "$SECONDS" "$*" >&2; }

die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# as_root runs a command as root, or fails if it can't without a password.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  else
    sudo -n "$@"
  fi
}

# apt_install PACKAGE… installs packages of the system.
apt_install() {
  command -v apt-get >/dev/null || return 1
  as_root true 2>/dev/null || return 1
  say "installing $* with apt-get"
  local log
  log=$(mktemp)
  if as_root apt-get update >"$log" 2>&1 &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" >>"$log" 2>&1; then
    rm -f "$log"
    return 0
  fi
  tail -n 20 "$log" >&2
  rm -f "$log"
  return 1
}

# need_go: the Go that go.mod asks for, or one that can fetch it.
need_go() {
  command -v go >/dev/null || export PATH="$PATH:/usr/local/go/bin:$HOME/go/bin"
  local want
  want=$(sed -n 's/^go //p' "$repo/go.mod")
  command -v go >/dev/null || die "Go $want or newer is missing; install it from https://go.dev/dl and put it in PATH"
  (cd "$repo" && go version >/dev/null 2>&1) ||
    die "go.mod asks for Go $want and $(GOTOOLCHAIN=local go env GOVERSION) can't fetch it; install it from https://go.dev/dl"
}

# postgres_bin prints the folder of the newest PostgreSQL server programs.
postgres_bin() {
  local dir
  for dir in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -rV); do
    [ -x "$dir/initdb" ] && [ -x "$dir/postgres" ] && echo "$dir" && return 0
  done
  dir=$(command -v initdb) && dirname "$(readlink -f "$dir")"
}

# need_postgres: the server's programs, of which private servers are started.
# No running server is used or touched. FLOE_DATABASE_URL replaces all that.
need_postgres() {
  [ -z "${FLOE_DATABASE_URL:-}" ] || return 0
  [ -z "$(postgres_bin)" ] || return 0
  apt_install postgresql || true
  [ -n "$(postgres_bin)" ] ||
    die "PostgreSQL is missing; install it (Debian: sudo apt-get install postgresql) or name a database in FLOE_DATABASE_URL"
}

node_major() { node --version 2>/dev/null | sed -n 's/^v\([0-9]*\)\..*/\1/p'; }

# need_node: Node 20 or newer, and npm.
need_node() {
  if [ -x "$tools/node/bin/node" ]; then export PATH="$tools/node/bin:$PATH"; fi
  if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    apt_install nodejs npm || true
  fi
  command -v npm >/dev/null ||
    die "Node and npm are missing; install Node 20 or newer (Debian: sudo apt-get install nodejs npm)"
  [ "$(node_major)" -ge 20 ] 2>/dev/null || fetch_node
}

# fetch_node puts a newer node into the tools folder, from the npm package that
# holds nothing but the program.
fetch_node() {
  local arch
  case $(uname -m) in
  x86_64) arch=x64 ;;
  aarch64 | arm64) arch=arm64 ;;
  *) die "node $(node --version) is too old and there is no newer one for $(uname -m) here; install Node 20 or newer" ;;
  esac
  say "fetching node $node_version (the system's is $(node --version))"
  mkdir -p "$tools/fetch"
  npm install --prefix "$tools/fetch" --no-save --no-package-lock --ignore-scripts --no-audit --no-fund \
    --loglevel=error "node-linux-$arch@$node_version" >&2 ||
    die "node $node_version could not be fetched; install Node 20 or newer"
  rm -rf "$tools/node"
  mv "$tools/fetch/node_modules/node-linux-$arch" "$tools/node"
  rm -rf "$tools/fetch"
  export PATH="$tools/node/bin:$PATH"
  [ "$(node_major)" -ge 20 ] 2>/dev/null || die "the fetched node does not run here; install Node 20 or newer"
}

# need_npm: the packages of scripts/npm, exactly as its lock file says.
need_npm() {
  local dir="$repo/scripts/npm" stamp want
  stamp="$dir/node_modules/.floe-lock"
  want=$(cd "$dir" && cat package.json package-lock.json | sha256sum)
  [ "$(cat "$stamp" 2>/dev/null)" != "$want" ] || { need_node && return 0; }
  need_node
  say "npm ci in scripts/npm"
  npm ci --prefix "$dir" --ignore-scripts --no-audit --no-fund --loglevel=error >&2 ||
    die "the packages of scripts/npm could not be fetched; check that npm reaches its registry (npm ping)"
  echo "$want" >"$stamp"
}

# have_cc: a C compiler, which only Go's race detector needs.
have_cc() {
  command -v cc >/dev/null || command -v gcc >/dev/null || apt_install gcc libc6-dev
}
