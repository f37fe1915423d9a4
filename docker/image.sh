#!/usr/bin/env bash
# Builds an image: docker/image.sh lab|grader [build arguments, NAME=VALUE]. `make image` calls it.
#
# Needs docker, or buildah as root. With docker the pinned bases come from their registry. buildah tries that, too; where no
# registry can be reached, it takes a base made by debootstrap and this machine's Go instead, and gives the build this
# machine's Go modules and certificates. DATA names a folder of data sets for the lab.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

name=${1:?which image: lab or grader}
shift
file=docker/$name.Dockerfile
tag=${TAG:-courselab-$name}
options=(--file "$file" --tag "$tag")
for argument in "$@"; do options+=(--build-arg "$argument"); done
if [ "$name" = lab ] && [ -n "${DATA:-}" ]; then
  options+=(--build-context "data=$(cd "$DATA" && pwd)")
fi

if [ -n "${BASE:-}" ]; then
  options+=(--build-arg "BASE=$BASE" --build-arg "GO=${GO:?BASE needs GO, an image with /usr/local/go}")
fi

if docker info >/dev/null 2>&1; then
  docker buildx version >/dev/null 2>&1 || { echo "docker needs its buildx plugin to build these images (docker-buildx-plugin, or docker-buildx)" >&2; exit 1; }
  exec docker build "${options[@]}" .
fi
if [ "$(id -u)" != 0 ] || ! command -v buildah >/dev/null; then
  echo "an image needs a docker engine that runs, or root and buildah (apt-get install buildah podman runc debootstrap); neither is here" >&2
  exit 1
fi

# from is the default of a build argument.
from() { sed -n "s/^ARG $1=//p" "$file"; }

offline() {
  local folder
  if ! buildah inspect --type image localhost/courselab-base >/dev/null 2>&1; then
    echo "no registry can be reached: making a base with debootstrap (2 minutes)" >&2
    command -v debootstrap >/dev/null || { echo "apt-get install debootstrap, then run this again" >&2; exit 1; }
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' RETURN
    debootstrap --variant=minbase bookworm "$folder" "$(apt-get indextargets --format '$(REPO_URI)' | head -n 1)" >/dev/null
    rm -rf "$folder"/var/cache/apt/archives/*.deb "$folder"/var/lib/apt/lists/*
    tar -C "$folder" -c . | podman import --quiet - localhost/courselab-base >/dev/null
  fi
  if ! buildah inspect --type image localhost/courselab-go >/dev/null 2>&1; then
    tar -C "$(go env GOROOT)" --transform 's,^\.,usr/local/go,' -c . | podman import --quiet - localhost/courselab-go >/dev/null
  fi
  options+=(--build-arg BASE=localhost/courselab-base --build-arg GO=localhost/courselab-go)
}

if [ -z "${BASE:-}" ] && ! timeout 60 buildah pull --quiet "$(from BASE)" >/dev/null 2>&1; then
  offline
fi
modules=$(go env GOMODCACHE)/cache/download
if [ -d "$modules" ]; then # what is not in it comes from where this machine gets it
  options+=(--volume "$modules:/run/modules:ro" --build-arg "GOPROXY=file:///run/modules,$(go env GOPROXY)")
fi
certificates=/etc/ssl/certs/ca-certificates.crt
if [ -f "$certificates" ]; then # a proxy may have its own
  options+=(--volume "$certificates:/run/certificates.crt:ro" --build-arg SSL_CERT_FILE=/run/certificates.crt --build-arg PIP_CERT=/run/certificates.crt)
fi
# The health check is docker's, no part of OCI's format. chroot: a build runs no strangers' code, and needs no runtime so.
exec buildah build --layers --format docker --isolation chroot --network host "${options[@]}" .
