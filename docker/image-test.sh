#!/usr/bin/env bash
# Proves the images that docker/image.sh has built, by bringing docker/compose.yaml up as a student does: no secret in any layer of the
# lab, JupyterLab in a browser without a network, a lab solved, handed in and graded across containers, work that survives an upgrade.
# Prints sizes and times.
#
# Needs root, chromium, and the engine that has the images, with its compose: docker and docker compose, or podman, a runtime (crun or
# runc) and podman-compose 1.4 (pip install podman-compose). PICTURE names a file for a screenshot.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ "$(id -u)" = 0 ] || { echo "image-test needs root: a browser must enter the container's network" >&2; exit 1; }
for tool in chromium curl nsenter ip go; do
  command -v $tool >/dev/null || { echo "image-test needs $tool: apt-get install chromium curl util-linux iproute2" >&2; exit 1; }
done

if docker image inspect courselab-lab courselab-grader >/dev/null 2>&1; then
  engine=docker compose=(docker compose)
elif podman image exists courselab-lab 2>/dev/null && podman image exists courselab-grader; then
  engine=podman compose=(podman-compose)
else
  echo "neither docker nor podman has the images courselab-lab and courselab-grader: run make image" >&2
  exit 1
fi
"${compose[@]}" version >/dev/null 2>&1 || { echo "image-test needs ${compose[*]}: docker's compose plugin, or pip install podman-compose" >&2; exit 1; }

scratch=$(mktemp -d)
project=courselab-test-$$
export PORT=$((20000 + $$ % 10000)) STUDENT=ada
unset JUPYTER_TOKEN
if [ $engine = podman ] && ! podman run --rm --network none --entrypoint true courselab-lab 2>/dev/null; then # where crun may not raise limits, nor use such control groups
  printf '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]\n[engine]\nruntime = "runc"\n' >"$scratch/containers.conf"
  export CONTAINERS_CONF=$scratch/containers.conf
fi
compose+=(-p $project -f docker/compose.yaml)
# User 1000 is busy on this machine, as on a desktop: the containers' user 1000 must not be short of processes for that.
setsid setpriv --reuid 1000 --regid 1000 --clear-groups bash -c 'for i in {1..300}; do sleep 3600 & done; wait' &
busy=$!
clean() {
  kill -- -$busy
  "${compose[@]}" down --volumes >/dev/null 2>&1 || true
  rm -rf "$scratch"
}
trap clean EXIT

say() { printf '%-64s %s\n' "$1" "$2"; }
fail() { echo "FAILED: $*" >&2; exit 1; }
seconds() { awk -v from="$1" -v to="$(date +%s.%N)" 'BEGIN { printf "%.1f s", to - from }'; }
size() { $engine image inspect "$1" --format '{{.Size}}' | awk '{ printf "%.2f GB", $1 / 1e9 }'; }

on() { "${compose[@]}" "$@" >"$scratch/compose" 2>&1 || { cat "$scratch/compose" >&2; fail "${compose[*]} $*"; }; }
container() { $engine ps -q --filter label=com.docker.compose.project=$project --filter label=com.docker.compose.service="$1"; }
show() { $engine inspect -f "$2" "$(container "$1")"; }
student() { $engine exec -w /home/student/courselab/work "$(container lab)" "$@"; }
grader() { $engine exec "$(container grader)" "$@"; }
write() { $engine exec -i "$(container lab)" bash -c 'cat >"$HOME/courselab/work/$0"' "$1"; } # write PATH: standard input, as the student
code() { curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$PORT/api/contents?$1"; }

# up brings both up, takes the lab's way to other networks, and waits for JupyterLab.
up() {
  local until=$((SECONDS + 60))
  on up --detach --no-build
  inside=(nsenter --net=/proc/"$(show lab '{{.State.Pid}}')"/ns/net)
  "${inside[@]}" ip route del default
  until curl -sf -o /dev/null "http://127.0.0.1:$PORT/api"; do
    [ $SECONDS -lt $until ] || { $engine logs "$(container lab)" >&2; fail "JupyterLab does not answer"; }
    sleep 0.1
  done
}
# await COMMAND waits until the grader's work lets it succeed.
await() {
  local until=$((SECONDS + 600))
  until "$@"; do
    [ $SECONDS -lt $until ] && [ -n "$(container grader)" ] || { on logs grader; cat "$scratch/compose" >&2; fail "the grader does not get on"; }
    sleep 0.5
  done
}

say "lab image, unpacked (goal: under 3 GB without CUDA)" "$(size courselab-lab)"
say "grader image, unpacked" "$(size courselab-grader)"
go build -o "$scratch/leak" ./docker/leak
$engine save courselab-lab | "$scratch/leak" || fail "the lab image holds what only instructors may have"
! $engine save courselab-grader | "$scratch/leak" >/dev/null || fail "the search finds nothing in the grader's image, so it is blind"
say "the same search finds the grader image's hidden checks" "yes"

timeout 60 $engine run --rm --network none courselab-grader watch >"$scratch/said" 2>&1 || true
grep -q 'nothing can be graded here' "$scratch/said" || { cat "$scratch/said"; fail "without its permissions the grader does not say that it has no sandbox"; }

from=$(date +%s.%N)
up
say "compose up, until JupyterLab answers (goal: 5 s)" "$(seconds "$from")"
[ "$(student id -u)" = 1000 ] || fail "the lab runs as root"
$engine logs "$(container lab)" >"$scratch/log" 2>&1
token=$(sed -n "s,.*http://127.0.0.1:$PORT/.*?\(token=[0-9a-f]*\).*,\1,p" "$scratch/log")
[ -n "$token" ] || { cat "$scratch/log"; fail "there is no link with a token in the lab's log"; }
[ "$(code '')" = 403 ] || fail "JupyterLab gives its files to anybody: $(code '')"
[ "$(code "$token")" = 200 ] || fail "the token in the log opens nothing: $(code "$token")"
say "without the token, with the one in the log" "403, 200"
if [ $engine = podman ]; then # its health checks need systemd to run by themselves
  podman healthcheck run "$(container lab)" >/dev/null || fail "the health check fails"
else
  until [ "$(show lab '{{.State.Health.Status}}')" = healthy ]; do
    [ "$(show lab '{{.State.Health.Status}}')" = starting ] || fail "the health check fails"
    sleep 1
  done
fi
grader autograde doctor >"$scratch/said" || { cat "$scratch/said"; fail "no sandbox in the grader's container"; }
say "the grader's sandbox, unprivileged" "$(awk -F '  +' '/ boundary / { print $4 }' "$scratch/said")"
grader awk '/^Cap(Prm|Eff|Bnd)/ && $2 !~ /^0*$/ || /^NoNewPrivs/ && $2 != 1 { exit 1 }' /proc/1/status || fail "the grader has capabilities or could get some"
[ "$(grader ls /sys/class/net)" = lo ] || fail "the grader has a network: ${compose[*]} does not keep to network_mode (podman-compose does from version 1.4)"
[ "$(show grader '{{.HostConfig.Memory}} {{.HostConfig.PidsLimit}}')" = "4294967296 512" ] || fail "the grader's container has no limits: $(show grader '{{.HostConfig.Memory}} {{.HostConfig.PidsLimit}}')"
student lab doctor | sed 's/^/    /'
student data list >"$scratch/data" || true
say "data sets in the image" "$(grep -c verified "$scratch/data" || true)"

go build -o "$scratch/browser" ./docker/browser
write notebooks/first.ipynb <docker/first.ipynb
"${inside[@]}" "$scratch/browser" "http://127.0.0.1:$PORT/?$token" notebooks/first.ipynb "$scratch/first.png" | tee "$scratch/said"
grep -q 'backend xla:cpu, last row \[0.25 0.25 0.50\]' "$scratch/said" || fail "the first cell's output is missing"
"${inside[@]}" "$scratch/browser" "http://127.0.0.1:$PORT/?$token" notebooks/00-start.ipynb "${PICTURE:-$scratch/start.png}" >"$scratch/said" || { cat "$scratch/said"; fail "the start page"; }
say "the start page, all its cells run in a browser" "yes"
if student env JUPYTER_DATA_DIR=/home/student/courselab/.lab/jupyter /home/student/courselab/.lab/venv/bin/jupyter-execute notebooks/05-attention.ipynb >"$scratch/said" 2>&1; then
  say "the attention notebook, executed" "yes"
else
  tail "$scratch/said" >&2
  fail "the attention notebook"
fi

# A week later: Go's cache must not have been cleaned of what nobody used.
student bash -c 'cache=$(go env GOCACHE); echo 1 >"$cache/trim.txt"; before=$(find "$cache" | wc -l); go build ./... ../coursekit/plot >/dev/null 2>&1; echo "$before $(find "$cache" | wc -l)"' >"$scratch/cache"
read -r before after <"$scratch/cache"
[ "$after" -ge "$before" ] || fail "Go has thrown $((before - after)) files out of the build cache"

! student make check >"$scratch/said" 2>&1 || fail "an empty lab passes its checks"
grep -q 'not written yet' "$scratch/said" || { cat "$scratch/said"; fail "the released lab does not say what to do"; }
student make hand-in STUDENT=bob >/dev/null
for file in labs/lab1-attention/*.go; do
  case $file in *_test.go) ;; *) write "release/lab1-attention/${file##*/}" <"$file" ;; esac
done
student make check >"$scratch/said" 2>&1 || { tail -n 20 "$scratch/said"; fail "the solved lab fails its public checks"; }
from=$(date +%s.%N)
student make hand-in | sed 's/^/    /'

await student test -e feedback/lab1-attention/ada.html -a -e feedback/lab1-attention/bob.html
say "graded in the other container, from handing in to feedback" "$(seconds "$from")"
grader cat /grades/lab1-attention/grades.csv | cut -d, -f1-5 | sed 's/^/    /'
grader grep -q '^ada,Accepted,100,' /grades/lab1-attention/grades.csv || fail "the solution does not get all points"
grader grep -Eq '^bob,[^,]*,0,' /grades/lab1-attention/grades.csv || fail "the empty lab gets points"
! student ls /grades >/dev/null 2>&1 || fail "the student sees the grades' folder"
! student touch feedback/lab1-attention/ada.html >/dev/null 2>&1 || fail "the student can write feedback"

# An upgrade: other containers, the same volumes.
student bash -c 'echo "// mine" >>release/lab1-attention/attention.go; sed -i "s,^[0-9a-f]*  notebooks/00,0  notebooks/00," .laid-out'
mine() { student bash -c 'sha256sum release/lab1-attention/attention.go feedback/lab1-attention/*'; }
mine >"$scratch/mine"
from=$(date +%s.%N)
on down
say "compose down" "$(seconds "$from")"
export JUPYTER_TOKEN=secret
up
[ "$(code token=secret)" = 200 ] || fail "JUPYTER_TOKEN does not choose the token"
mine | cmp - "$scratch/mine" || fail "down and up have changed a student's work or feedback"
grader grep -q '^ada,Accepted,100,' /grades/lab1-attention/grades.csv || fail "down and up have lost the grades"
say "down and up leave work, feedback and grades alone" "yes"
student make hand-in STUDENT=bob >/dev/null
await grader grep -q '^bob,Accepted,100,' /grades/lab1-attention/grades.csv
say "handed in again after it, and graded again" "yes"
echo "the images do what docker/README.md says"
