# The grader: autograde, the labs with their hidden checks, and Go, which builds submissions. It is the instructor's: never give it to
# students or push it to an open registry. docker/README.md says which flags its sandbox needs and why.

ARG BASE=docker.io/library/debian:bookworm-20260824-slim@sha256:88200866dfff7ea7f5cbcb6ec7c8a701889efe6fe859fe64d6990e4b07ea4171
ARG GO=docker.io/library/golang:1.26.8-bookworm@sha256:a688600ca24f8a4d3ca77f95b0dd40704a9fc787c826660eb7ba0b641b8b175d

FROM ${GO} AS go

# Versions are Debian 12's; the star lets its security updates in.
FROM ${BASE} AS base
RUN apt-get update \
 && apt-get install -y --no-install-recommends bubblewrap=0.8.0-* ca-certificates=20* tini=0.19.0-* \
 && rm -rf /var/lib/apt/lists/* /var/log/*.log /var/cache/apt/*.bin /var/cache/debconf/*-old \
 && useradd --create-home --uid 1000 --shell /bin/bash grader \
 && install -d -o grader -g grader /home/grader/courselab /submissions /feedback /grades
COPY --from=go /usr/local/go /usr/local/go
ENV PATH=/home/grader/courselab/.lab/bin:/usr/local/go/bin:/usr/local/bin:/usr/bin:/bin \
    HOME=/home/grader CGO_ENABLED=0 GOTOOLCHAIN=local GOTELEMETRY=off
USER grader
WORKDIR /home/grader/courselab

# Releasing and checking each lab once compiles its checks and what submissions are linked with. Then the modules that nothing
# here imports go, and the build cache is dated so that Go never finds it old.
FROM base AS build
ARG GOPROXY
ARG SSL_CERT_FILE
COPY --chown=grader:grader go.mod go.sum ./
COPY --chown=grader:grader autograde autograde
COPY --chown=grader:grader coursekit coursekit
COPY --chown=grader:grader datasets datasets
COPY --chown=grader:grader labs labs
COPY --chown=grader:grader docker/modules.sh /tmp/
RUN go build -trimpath -tags=noxla -ldflags='-s -w' -o .lab/bin/ ./autograde/cmd/autograde
RUN for lab in labs/*/lab.yaml; do \
      lab=$(basename "$(dirname "$lab")"); \
      go list -deps -tags=noxla "./labs/$lab/..." ./autograde/worker $(awk '/allow:/ {on = 1; next} /forbid:/ {on = 0} on && $1 == "-" {print $2}' "labs/$lab/lab.yaml") >/dev/null || exit 1; \
      autograde release "labs/$lab" || exit 1; \
      { autograde check "release/$lab" || true; } | grep -q 'not written yet' || exit 1; \
    done && rm -rf release
RUN bash /tmp/modules.sh ./autograde/... ./labs/...

FROM base AS grader
COPY --from=build --chown=grader:grader /home/grader /home/grader
COPY docker/grader.sh /usr/local/bin/grader
VOLUME /grades
ENTRYPOINT ["tini", "-g", "--", "bash", "/usr/local/bin/grader"]
