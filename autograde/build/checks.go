package build

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"courselab/autograde/check"
	"courselab/autograde/lab"
)

// Checks is the checks binary of a lab.
type Checks struct {
	Path string
	Hash string         // SHA-256 of the binary: it changes with the suites and with the library of checks
	List []check.Record // every check, in order, without a verdict
}

// PrepareChecks builds the checks binary of a lab: the public suite and, if hidden, the hidden one. The suites are
// trusted. The binary lies in state under the hash of its content.
func PrepareChecks(ctx context.Context, t *Toolchain, l *lab.Lab, hidden bool, state string) (*Checks, error) {
	var suites []suite
	for _, name := range []string{"public", "hidden"} {
		if l.Has(name) && (hidden || name == "public") {
			suites = append(suites, suite{name, l.ImportPath(name)})
		}
	}
	if len(suites) == 0 {
		return nil, fmt.Errorf("lab %s has no checks: it needs a folder public with package public and var Suite check.Suite", l.ID)
	}
	if err := os.MkdirAll(state, 0o755); err != nil {
		return nil, fmt.Errorf("the grader needs a folder for compiled checks: %w", err)
	}
	work, err := os.MkdirTemp(state, "checks-new-")
	if err != nil {
		return nil, fmt.Errorf("the grader needs a folder for compiled checks: %w", err)
	}
	defer os.RemoveAll(work)
	text, err := checksSource(l.Module, suites)
	if err != nil {
		return nil, err
	}
	// The program must lie in the module to import the suites; it does so only in the eyes of the go command.
	overlay, err := overlayFile(work, filepath.Join(l.Root, "autograde", "zz-checks", "main.go"), text)
	if err != nil {
		return nil, err
	}
	binary := filepath.Join(work, "checks")
	if _, err := t.run(ctx, l.Root, "build", "-overlay", overlay, "-ldflags=-s -w", "-o", binary, l.Module+"/autograde/zz-checks"); err != nil {
		return nil, fmt.Errorf("lab %s: its checks do not build: %w", l.ID, err)
	}
	c := &Checks{}
	if c.Hash, err = hashFile(binary); err != nil {
		return nil, err
	}
	c.Path = filepath.Join(state, "checks-"+c.Hash[:16])
	Sweep(state, "checks-*", 24*time.Hour)
	if err := os.Chmod(binary, 0o700); err != nil { // it holds what is expected, and others may have an account here
		return nil, err
	}
	if err := os.Rename(binary, c.Path); err != nil {
		return nil, err
	}
	return c, c.list(ctx, l, hidden)
}

// overlayFile writes a file and an overlay that puts it at path.
func overlayFile(work, path, text string) (overlay string, err error) {
	source := filepath.Join(work, "main.go.txt")
	if err := os.WriteFile(source, []byte(text), 0o600); err != nil {
		return "", err
	}
	data, err := json.Marshal(map[string]any{"Replace": map[string]string{path: source}})
	if err != nil {
		return "", err
	}
	overlay = filepath.Join(work, "overlay.json")
	return overlay, os.WriteFile(overlay, data, 0o600)
}

func hashFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), err
}

// list asks the binary for its checks and holds them against the lab's tasks: each must have some, if these are all.
func (c *Checks) list(ctx context.Context, l *lab.Lab, all bool) error {
	cmd := exec.CommandContext(ctx, c.Path, "-list")
	cmd.Env = []string{}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("lab %s: its checks: %s", l.ID, firstLine(stderr.String(), err))
	}
	if c.List, err = check.ReadRecords(bytes.NewReader(out)); err != nil {
		return fmt.Errorf("lab %s: %w", l.ID, err)
	}
	weight := map[string]float64{}
	for _, r := range c.List {
		if l.Task(r.Task) == nil {
			return fmt.Errorf("lab %s: check %s belongs to task %q, which is not in %s", l.ID, r.Check, r.Task, lab.File)
		}
		weight[r.Task] += r.Points
	}
	for _, task := range l.Tasks {
		if all && !(weight[task.ID] > 0) {
			return errors.New("lab " + l.ID + ": task " + task.ID + " has no check that is worth points")
		}
	}
	return nil
}
