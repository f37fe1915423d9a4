# Keeps of Go's module cache what the packages named import, and dates the build cache so that Go never finds it old. Runs while an
# image is built, in the repository's folder.
set -euo pipefail

modules=$(go env GOMODCACHE)
for flags in "" -tags=noxla; do
  GOFLAGS=$flags go list -deps -f '{{with .Module}}{{.Dir}}{{end}}' "$@"
done | sort -u >/tmp/modules
find "$modules" -path "$modules/cache" -prune -o -type d -name '*@v*' -prune -print | while read -r folder; do
  grep -qxF "$folder" /tmp/modules || { chmod -R u+w "$folder" && rm -rf "$folder"; }
done
rm /tmp/modules
find "$modules/cache/download" -name '*.zip' -delete

# Go throws out of its build cache what was not used for five days, so an image a week old would be cold: files from the
# future never grow old.
find "$(go env GOCACHE)" -type f -exec touch -d 2100-01-01 {} +
