#!/usr/bin/env bash
# Proves the images that docker/image.sh has built, without a network: no secret in any layer of the lab, JupyterLab in a browser, a lab
# solved, handed in and graded across containers, work that survives an upgrade. Prints sizes and times.
#
# Needs root, podman, a runtime (crun or runc) and chromium: apt-get install podman runc chromium. PICTURE names a file for a screenshot.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ "$(id -u)" = 0 ] || { echo "image-test needs root: a browser must enter the container's network" >&2; exit 1; }
for tool in podman chromium nsenter go; do
  command -v $tool >/dev/null || { echo "image-test needs $tool: apt-get install podman runc chromium util-linux" >&2; exit 1; }
done
for image in courselab-lab courselab-grader; do
  podman image exists $image || { echo "there is no image $image: run make image" >&2; exit 1; }
done

scratch=$(mktemp -d)
work=courselab-test-$$
run=(podman run --network none)
if ! "${run[@]}" --rm --entrypoint true courselab-lab 2>/dev/null; then # where crun may not raise limits, nor use such control groups
  run+=(--runtime runc --ulimit nofile=1024:1024 --ulimit nproc=4096:4096)
fi
clean() {
  podman rm -f $work-lab $work-grader >/dev/null 2>&1 || true
  podman volume rm -f $work-work $work-submissions $work-feedback $work-grades >/dev/null 2>&1 || true
  rm -rf "$scratch"
}
trap clean EXIT

say() { printf '%-64s %s\n' "$1" "$2"; }
fail() { echo "FAILED: $*" >&2; exit 1; }
seconds() { awk -v from="$1" -v to="$(date +%s.%N)" 'BEGIN { printf "%.1f s", to - from }'; }
size() { podman image inspect "$1" --format '{{.Size}}' | awk '{ printf "%.2f GB", $1 / 1e9 }'; }

lab() {
  "${run[@]}" -d --name $work-lab -e JUPYTER_TOKEN=secret -e STUDENT=ada \
    -v $work-work:/home/student/courselab/work -v $work-submissions:/submissions -v $work-feedback:/feedback:ro courselab-lab >/dev/null 2>"$scratch/podman"
  inside=(nsenter --net=/proc/"$(podman inspect -f '{{.State.Pid}}' $work-lab)"/ns/net)
}
answers() { # answers SECONDS: JupyterLab does within that time
  local until=$((SECONDS + $1))
  until "${inside[@]}" curl -sf -o /dev/null http://127.0.0.1:8888/api; do
    [ $SECONDS -lt $until ] || { podman logs $work-lab >&2; fail "JupyterLab does not answer"; }
    sleep 0.1
  done
}
student() { podman exec -w /home/student/courselab/work $work-lab "$@"; }

say "lab image, unpacked (goal: under 3 GB without CUDA)" "$(size courselab-lab)"
say "grader image, unpacked" "$(size courselab-grader)"
go build -o "$scratch/leak" ./docker/leak
podman save --quiet courselab-lab | "$scratch/leak" || fail "the lab image holds what only instructors may have"
! podman save --quiet courselab-grader | "$scratch/leak" >/dev/null || fail "the search finds nothing in the grader's image, so it is blind"
say "the same search finds the grader image's hidden checks" "yes"

# The flags are compose.yaml's; docker/README.md says why.
flags=(--cap-drop ALL --security-opt no-new-privileges:true --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined)
! "${run[@]}" --rm courselab-grader autograde doctor >/dev/null 2>&1 || fail "the sandbox works without the flags: docker/README.md says otherwise"
"${run[@]}" --rm "${flags[@]}" courselab-grader autograde doctor >"$scratch/said" || { cat "$scratch/said"; fail "no sandbox with the flags"; }
say "the grader's sandbox, unprivileged" "$(awk -F '  +' '/ boundary / { print $4 }' "$scratch/said")"
# It starts first, as in compose.yaml: who mounts a new volume first gives it its owner.
"${run[@]}" -d --name $work-grader "${flags[@]}" --memory 4g --pids-limit 512 -v $work-submissions:/submissions -v $work-feedback:/feedback -v $work-grades:/grades \
  courselab-grader watch >/dev/null 2>"$scratch/podman"

from=$(date +%s.%N)
lab
answers 60
say "JupyterLab answers after (goal: 5 s)" "$(seconds "$from")"
[ "$(student id -u)" = 1000 ] || fail "the lab runs as root"
code=$("${inside[@]}" curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:8888/api/contents)
[ "$code" = 403 ] || fail "JupyterLab gives its files to anybody: $code"
say "without the token" "$code"
podman healthcheck run $work-lab >/dev/null || fail "the health check fails"
student lab doctor | sed 's/^/    /'
student data list >"$scratch/data" || true
say "data sets in the image" "$(grep -c verified "$scratch/data" || true)"

go build -o "$scratch/browser" ./docker/browser
podman cp docker/first.ipynb $work-lab:/home/student/courselab/work/notebooks/first.ipynb
"${inside[@]}" "$scratch/browser" 'http://127.0.0.1:8888/?token=secret' notebooks/first.ipynb "$scratch/first.png" | tee "$scratch/said"
grep -q 'backend xla:cpu, last row \[0.25 0.25 0.50\]' "$scratch/said" || fail "the first cell's output is missing"
"${inside[@]}" "$scratch/browser" 'http://127.0.0.1:8888/?token=secret' notebooks/00-start.ipynb "${PICTURE:-$scratch/start.png}" >"$scratch/said" || { cat "$scratch/said"; fail "the start page"; }
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
  case $file in *_test.go) ;; *) podman cp "$file" "$work-lab:/home/student/courselab/work/release/lab1-attention/" ;; esac
done
student make check >"$scratch/said" 2>&1 || { tail -n 20 "$scratch/said"; fail "the solved lab fails its public checks"; }
from=$(date +%s.%N)
student make hand-in | sed 's/^/    /'

until student test -e feedback/lab1-attention/ada.html -a -e feedback/lab1-attention/bob.html; do
  [ $SECONDS -lt 1500 ] && [ "$(podman inspect -f '{{.State.Running}}' $work-grader)" = true ] || { podman logs $work-grader; fail "no feedback comes"; }
  sleep 0.5
done
say "graded in the other container, from handing in to feedback" "$(seconds "$from")"
podman exec $work-grader cat /grades/lab1-attention/grades.csv | cut -d, -f1-5 | sed 's/^/    /'
podman exec $work-grader grep -q '^ada,Accepted,100,' /grades/lab1-attention/grades.csv || fail "the solution does not get all points"
podman exec $work-grader grep -Eq '^bob,[^,]*,0,' /grades/lab1-attention/grades.csv || fail "the empty lab gets points"
! student ls /grades >/dev/null 2>&1 || fail "the student sees the grades' folder"

# An upgrade: another container, the same volume.
student bash -c 'echo "// mine" >>release/lab1-attention/attention.go; sha256sum release/lab1-attention/attention.go >/tmp/mine; sed -i "s,^[0-9a-f]*  notebooks/00,0  notebooks/00," .laid-out; cat /tmp/mine' >"$scratch/mine"
podman rm -f $work-lab >/dev/null
lab
answers 60
student sha256sum release/lab1-attention/attention.go | cmp -s - "$scratch/mine" || fail "an upgrade has changed a student's work"
say "an upgrade leaves the student's work alone" "yes"
echo "the images do what docker/README.md says"
