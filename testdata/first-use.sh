#!/usr/bin/env bash
# Times the first use: from a clean clone of HEAD to a paid QR with a verified
# notification, by the commands that the README gives and nothing else. The home
# is an empty one, the network is cut after the build, and the build itself has
# no module proxy where the module cache has all that it needs.
#
# A machine that has compiled nothing yet is measured with an empty build cache:
#   GOCACHE=$(mktemp -d) testdata/first-use.sh
set -euo pipefail
readonly limit=60 # seconds, from the clean clone to the end
readonly most=3   # commands
readonly section='## The first payment'

fail() { echo "first-use: $*" >&2; exit 1; }

micros() { echo "${EPOCHREALTIME/[.,]/}"; }

# timed notes how long a command took since a moment in microseconds.
timed() { printf '%s\t%s\n' "$(($(micros) - $2))" "$1" >>"$work/times"; }

# commands are the lines of the section's first code block, without remarks.
commands() {
  awk -v section="$section" '
    $0 == section { inside = 1; next }
    inside && /^## / { exit }
    inside && /^    / { found = 1; sub(/^    /, ""); sub(/ +#.*$/, ""); print; next }
    found { exit }' README.md
}

# begin makes the environment of the commands, with a home of its own.
begin() {
  clean=(env -i PATH="$PATH" HOME="$work/home" LANG=C.UTF-8 GOMODCACHE="$modules" GOCACHE="$compiled" GOPROXY="$proxy")
}

# free tells whether nobody listens at a port.
free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# serve starts the second command and waits until it says that it is ready.
serve() {
  local began line=${1%&}
  if ! free 8080 || ! free 8081; then
    line+=" --listen 127.0.0.1:0 --admin 127.0.0.1:0"
  fi
  began=$(micros)
  "${clean[@]}" bash -c "exec $line" >"$work/serve" 2>&1 & # no process between, so that it can be ended
  server=$!
  trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null || true' EXIT
  until grep -q '^ready: ' "$work/serve"; do
    kill -0 "$server" 2>/dev/null || fail "$1 ended: $(cat "$work/serve")"
    (($(micros) - began < limit * 1000000)) || fail "$1 did not get ready: $(cat "$work/serve")"
    sleep 0.02
  done
  timed "$1" "$began"
}

# after_build runs what follows the build, where the network may be cut.
after_build() {
  if [ "$network" = cut ]; then
    ip link set lo up 2>/dev/null || ifconfig lo up
  fi
  serve "${lines[1]}"
  local began
  began=$(micros)
  "${clean[@]}" bash -c "${lines[2]}" >"$work/paid" 2>&1 || fail "${lines[2]}: $(cat "$work/paid")"
  timed "${lines[2]}" "$began"
}

# cuts tells whether this machine lets the network be cut, with loopback left.
cuts() { "${unshare[@]}" sh -c 'ip link set lo up 2>/dev/null || ifconfig lo up' 2>/dev/null; }

report() {
  local whole=0
  printf '%8s  %s\n' seconds command
  while IFS=$'\t' read -r took line; do
    whole=$((whole + took))
    printf '%8s  %s\n' "$(seconds "$took")" "$line"
  done <"$work/times"
  printf '%8s  from the clean clone to the end; %s at most\n' "$(seconds "$whole")" "$limit"
  printf '%8s  module proxy: %s; network after the build: %s\n' '' "$proxy" "$network"
  ((whole <= limit * 1000000)) || fail "it took longer than $limit s"
}

seconds() { printf '%d.%02d' $(($1 / 1000000)) $(($1 / 10000 % 100)); }

# showed wants a line in what the last command printed.
showed() { grep -Eq "$2" "$work/paid" || fail "no $1: $(cat "$work/paid")"; }

# clone takes HEAD, whoever owns the checkout.
clone() {
  printf '[safe]\n\tdirectory = *\n' >"$work/home/.gitconfig"
  local git=(env HOME="$work/home" git)
  [ -z "$("${git[@]}" -C "$root" status --porcelain)" ] || echo "first-use: what is not committed is not in the clone" >&2
  "${git[@]}" clone -q "$root" "$work/qrisd"
}

unshare=(unshare --net)
[ "$(id -u)" = 0 ] || unshare=(unshare --map-root-user --net)

if [ "${1:-}" = --after-build ]; then # in a network of its own; the rest is in the environment
  mapfile -t lines < <(commands)
  begin
  after_build
  exit
fi

root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
modules=$(go env GOMODCACHE) compiled=$(go env GOCACHE) proxy=off network=cut
mkdir "$work/home"
clone
cd "$work/qrisd"
mapfile -t lines < <(commands)
((${#lines[@]} == most)) || fail "the README's section \"${section#\#\# }\" has ${#lines[@]} commands, not $most"

begin
"${clean[@]}" go list -deps ./cmd/qrisd >/dev/null 2>&1 || proxy=$(go env GOPROXY)
begin
began=$(micros)
"${clean[@]}" bash -c "${lines[0]}" >"$work/build" 2>&1 || fail "${lines[0]}: $(cat "$work/build")"
timed "${lines[0]}" "$began"

export work modules compiled proxy network
if cuts; then
  "${unshare[@]}" "$BASH" testdata/first-use.sh --after-build
else
  network="not cut: unshare is not permitted here"
  "$BASH" testdata/first-use.sh --after-build
fi
showed "QR" '^qrContent +000201'
showed "payment" '^paid Rp '
showed "verified notification" '^signature +verified'
report
