# What there is to do in a terminal of the lab image. Commands and names are those of the course's repository.
.DEFAULT_GOAL := help
LAB ?= lab1-attention
STUDENT ?= student
SEED := /usr/local/share/courselab/seed

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo; echo "Next: make check LAB=$(LAB)"

.PHONY: release
release: ## get a lab again that you have deleted (LAB=)
	@test -e release/$(LAB) || cp -r $(SEED)/release/$(LAB) release/
	@echo "release/$(LAB) is there. Next: read its README.md, fill the holes; make check LAB=$(LAB)"

.PHONY: check
check: ## run the public checks on release/LAB (LAB=)
	autograde check release/$(LAB)

.PHONY: test
test: ## run Go's tests of release/LAB (LAB=)
	go test ./release/$(LAB)

# A name appears whole or not at all: the grader may be looking.
.PHONY: hand-in
hand-in: ## hand release/LAB in, as often as you like (LAB=, STUDENT=)
	@test -w /submissions || { echo "nobody collects here: /submissions is not shared; see docker/README.md of the course" >&2; exit 1; }
	@mkdir -p /submissions/$(LAB)
	@cd release/$(LAB) && python3 -m zipfile -c /submissions/$(LAB)/.$(STUDENT).new *.go
	@mv /submissions/$(LAB)/.$(STUDENT).new /submissions/$(LAB)/$(STUDENT).zip
	@echo "handed in: /submissions/$(LAB)/$(STUDENT).zip; the feedback comes to feedback/$(LAB)/$(STUDENT).html"

.PHONY: doctor
doctor: ## print what this container has, the compute backend included
	@nb doctor
	@lab doctor
