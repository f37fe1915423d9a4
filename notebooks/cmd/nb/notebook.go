package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

//go:embed execute.py
var runner string

// job is what the runner is asked to do.
type job struct {
	Source  string `json:"source"`  // Markdown, with the cells in fences
	Target  string `json:"target"`  // the .ipynb to write
	Folder  string `json:"folder"`  // where the kernel runs
	Execute bool   `json:"execute"` // whether to run the cells
	Timeout int    `json:"timeout"` // of a cell, in seconds
}

// answer is what the runner says.
type answer struct {
	failure
	Seconds []float64 `json:"seconds"` // of each code cell, from asking for it to its last output
}

// failure is a cell that did not do its work.
type failure struct {
	Error string `json:"error"`
	Cell  int    `json:"cell"` // counted from 1 among the code cells
	Line  string `json:"line"` // the first that says something
}

// made is a notebook that was built and perhaps run, with the solutions in it.
type made struct {
	book    *book
	failed  *failure  // nil if every cell did its work
	seconds []float64 // of each code cell that was run
}

func (f *failure) String() string {
	if f.Cell == 0 {
		return f.Error
	}
	return fmt.Sprintf("cell %d (%s): %s", f.Cell, f.Line, f.Error)
}

// sources returns the paths of the named notebooks' sources, of all if there are no names.
func (p place) sources(names []string) ([]string, error) {
	all, err := filepath.Glob(p.notebooks("src", "*.md"))
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		if len(all) == 0 {
			return nil, errors.New("notebooks/src holds no notebook")
		}
		return all, nil
	}
	var chosen []string
	for _, name := range names {
		name = strings.TrimSuffix(strings.TrimSuffix(filepath.Base(name), ".ipynb"), ".md")
		path := p.notebooks("src", name+".md")
		if !slices.Contains(all, path) {
			return nil, fmt.Errorf("there is no notebook %s; those in notebooks/src are %s", name, strings.Join(titles(all), ", "))
		}
		chosen = append(chosen, path)
	}
	return chosen, nil
}

func titles(paths []string) []string {
	var names []string
	for _, path := range paths {
		names = append(names, title(path))
	}
	return names
}

// title is the name of a notebook: its file name without the extension.
func title(path string) string { return strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)) }

// make builds a notebook from its source and, if asked, runs it. It returns the tidied notebook, even if a cell failed.
func (p place) make(ctx context.Context, source string, execute bool, timeout time.Duration) (made, error) {
	scratch, err := os.MkdirTemp("", "courselab-notebook-")
	if err != nil {
		return made{}, err
	}
	defer os.RemoveAll(scratch)
	j := job{source, filepath.Join(scratch, "out.ipynb"), p.notebooks(), execute, int(timeout.Seconds())}
	argument, err := json.Marshal(j)
	if err != nil {
		return made{}, err
	}
	cmd := exec.CommandContext(ctx, p.venv("python"), "-c", runner, string(argument))
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 20 * time.Second
	cmd.Dir = p.root
	cmd.Env = append(p.environment(), append(quickly(), "GOPROXY=off", "GOWORK=", "PYTHONWARNINGS=ignore")...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	if ctx.Err() != nil {
		return made{}, errors.New("interrupted")
	}
	if err != nil {
		return made{}, fmt.Errorf("%s: %s", title(source), reason(stderr.String(), err))
	}
	lines := strings.Split(strings.TrimSpace(stdout.String()), "\n")
	var said answer
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &said); err != nil {
		return made{}, fmt.Errorf("%s: the runner's answer is no JSON: %w", title(source), err)
	}
	text, err := os.ReadFile(j.Target)
	if err != nil {
		return made{}, err
	}
	b, err := parse(text)
	if err != nil {
		return made{}, fmt.Errorf("%s: %w", title(source), err)
	}
	b.tidy(p.hidden())
	if text, err = b.bytes(); err != nil {
		return made{}, err
	}
	if b, err = parse(text); err != nil { // as the file is read, whatever types the tidying left
		return made{}, err
	}
	m := made{book: b, seconds: said.Seconds}
	if said.Error != "" {
		m.failed = &said.failure
	}
	return m, nil
}

// quickly is what the kernel's environment needs besides, when the notebooks are asked for with reduced settings: the Go
// backend, unless the user names one.
func quickly() []string {
	if os.Getenv("COURSELAB_QUICK") == "1" && os.Getenv("GOMLX_BACKEND") == "" {
		return []string{"GOMLX_BACKEND=go"}
	}
	return nil
}

// buildMissing builds the notebooks that are not there yet, so that the lab opens on something.
func (p place) buildMissing(ctx context.Context) error {
	if !exists(p.notebooks("src")) { // a lab image has the notebooks alone
		return nil
	}
	all, err := p.sources(nil)
	if err != nil {
		return err
	}
	for _, source := range all {
		target := p.notebooks(title(source) + ".ipynb")
		if exists(target) {
			continue
		}
		m, err := p.make(ctx, source, false, 0)
		if err != nil {
			return err
		}
		text, err := m.book.withoutSolutions().bytes()
		if err != nil {
			return err
		}
		if err := writeAtomically(target, text); err != nil {
			return err
		}
	}
	return nil
}
