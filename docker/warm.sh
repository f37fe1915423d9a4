# Compiles what a student's terminal will ask for, and throws away what only building the image needed. Runs in the lab image's
# stage "warm", in the repository's folder.
set -euo pipefail

# The commands are compiled beside the build cache: no cell imports what they are made of.
GOCACHE=/tmp/scratch CGO_ENABLED=0 GOFLAGS=-tags=noxla go build -trimpath -ldflags='-s -w' -o .lab/bin/ ./autograde/cmd/autograde ./notebooks/cmd/nb ./datasets/cmd/data
GOCACHE=/tmp/scratch go build -trimpath -ldflags='-s -w' -o .lab/bin/ ./coursekit/cmd/lab
rm -rf /tmp/scratch

# Nothing is written yet, so checks and tests fail; a release whose holes do not say so is broken.
unwritten() {
  { "$@" || true; } 2>&1 | tee /tmp/said
  grep -q 'not written yet' /tmp/said
}
for lab in work/release/*; do
  unwritten autograde check "$lab"
  if compgen -G "$lab/*_test.go" >/dev/null; then # a lab that is a notebook has its tests in there
    unwritten go test -count=1 "./$lab"
  fi
done
rm /tmp/said

# Of the grader, students need what their checks are compiled from.
used=$(go list -deps ./autograde/check/... ./autograde/worker/... ./work/... | sed -n 's,^courselab/\(autograde/.*\),\1,p')
find autograde -type f | while read -r file; do
  grep -qxF "$(dirname "$file")" <<<"$used" || rm "$file"
done
find autograde -type d -empty -delete
bash /tmp/modules.sh ./...
