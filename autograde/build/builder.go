package build

import (
	"bytes"
	"context"
	"debug/elf"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"courselab/autograde/check"
	"courselab/autograde/lab"
	"courselab/autograde/policy"
	"courselab/autograde/sandbox"
)

// Limits of the build of one submission. Homework needs 0.3 s and 150 MiB.
var Limits = sandbox.Limits{Wall: 60 * time.Second, CPU: 30 * time.Second, Memory: 1 << 30, Pids: 128, Stdout: 64 << 20,
	Stderr: 64 << 10, FileSize: 128 << 20, OpenFiles: 512, Disk: 384 << 20}

// Builder builds the workers of one lab. Safe for concurrent use.
type Builder struct {
	Lab       *lab.Lab
	Contract  *lab.Contract
	Toolchain *Toolchain
	Kit       *Kit
	Sandbox   sandbox.Sandbox
	self      string // this program, readable by everyone
	dynamic   bool   // it needs the machine's libraries
}

// New prepares the builder of a lab; state is a folder that later runs may share.
func New(ctx context.Context, l *lab.Lab, contract *lab.Contract, s sandbox.Sandbox, state string) (*Builder, error) {
	t, err := FindToolchain(ctx)
	if err != nil {
		return nil, err
	}
	if err := Private(state); err != nil {
		return nil, err
	}
	kit, err := PrepareKit(ctx, t, l, contract, state)
	if err != nil {
		return nil, err
	}
	b := &Builder{Lab: l, Contract: contract, Toolchain: t, Kit: kit, Sandbox: s}
	if b.self, b.dynamic, err = Executable(state); err != nil {
		return nil, fmt.Errorf("build: %w", err)
	}
	return b, nil
}

// Result is a worker, or why there is none.
type Result struct {
	Worker   []byte // a static program; nil unless Problems is empty
	Problems []policy.Problem
	Missing  []string // functions of the contract that the submission does not have
	Wall     time.Duration
	CPU      time.Duration
}

// Verdict is Accepted for a worker, else Forbidden or Compile Error.
func (r *Result) Verdict() check.Verdict { return (&policy.Report{Problems: r.Problems}).Verdict() }

// Build checks and builds a submission. Files that the lab gives and the submission lacks are added. An error is the
// grader's trouble, not the student's.
func (b *Builder) Build(ctx context.Context, sources map[string][]byte) (*Result, error) {
	o := order{Module: b.Lab.Module, Sources: map[string][]byte{}, Rules: policy.Rules{Package: b.Lab.Package,
		Allow: b.Lab.Imports.Allow, Forbid: b.Lab.Symbols.Forbid, Contract: *b.Contract}}
	for name, text := range b.Contract.Given {
		o.Sources[name] = []byte(text)
	}
	for name, text := range sources {
		o.Sources[name] = text
	}
	input, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	var stdout, stderr bytes.Buffer
	spec := b.spec()
	spec.Stdin, spec.Stdout, spec.Stderr = bytes.NewReader(input), &stdout, &stderr
	run, err := sandbox.Run(ctx, b.Sandbox, spec)
	if err != nil {
		return nil, err
	}
	result := &Result{Wall: run.Wall, CPU: run.CPU}
	if run.Cause == sandbox.Cancelled {
		return nil, context.Canceled
	}
	if reason := hardship(run); reason != "" {
		result.Problems = []policy.Problem{{Verdict: check.CompileError, Message: reason}}
		return result, nil
	}
	if run.ExitCode == 1 { // prepareMain has failed, see there
		return nil, fmt.Errorf("build: %s", firstLine(stderr.String(), errors.New("no reason given")))
	}
	return result, result.read(&stdout, b.Contract)
}

// hardship says what in the source was too much for the compiler, "" if nothing was.
func hardship(run sandbox.Result) string {
	switch run.Cause {
	case sandbox.Wall, sandbox.CPU:
		return fmt.Sprintf("the program takes longer than %v to compile", Limits.CPU)
	case sandbox.Memory:
		return fmt.Sprintf("the program needs more than %d MiB to compile", Limits.Memory>>20)
	case sandbox.Output:
		return fmt.Sprintf("the compiled program is larger than %d MiB", Limits.Stdout>>20)
	case sandbox.Pids:
		return "the program needs too many processes to compile"
	}
	if run.ExitCode != 0 && run.ExitCode != 1 { // a Go program that crashes, exits with 2
		return "the program is too deep or too large to be checked"
	}
	return ""
}

// read takes in what the prepare process wrote.
func (r *Result) read(stdout *bytes.Buffer, c *lab.Contract) error {
	line, err := stdout.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("build: the report is cut off: %w", err)
	}
	var o outcome
	if err := json.Unmarshal(line, &o); err != nil {
		return fmt.Errorf("build: report: %w", err)
	}
	r.Problems = clean(o.Report.Problems)
	for _, f := range c.Functions { // the report comes out of the sandbox: no other text of it goes on
		if slices.Contains(o.Report.Missing, f.Name) {
			r.Missing = append(r.Missing, f.Name)
		}
	}
	if len(r.Problems) > 0 {
		return nil
	}
	worker, err := io.ReadAll(stdout)
	if err == nil && (int64(len(worker)) != o.Size || o.Size == 0) {
		err = fmt.Errorf("build: %d bytes of a worker of %d arrived", len(worker), o.Size)
	}
	r.Worker = worker
	return err
}

// clean makes problems fit to print, whatever they quote: they come out of the sandbox.
func clean(problems []policy.Problem) []policy.Problem {
	problems = problems[:min(len(problems), 50)]
	for i, p := range problems {
		problems[i].File, problems[i].Message = check.Line(p.File, maxMessage), check.Line(p.Message, maxMessage)
	}
	return problems
}

// Places inside the sandbox of a build.
const (
	selfPlace  = "/autograde"
	kitPlace   = "/kit"
	toolsPlace = "/tools"
)

func (b *Builder) spec() sandbox.Spec {
	spec := sandbox.Spec{
		Argv:   []string{selfPlace, prepareName, kitPlace, toolsPlace, "/tmp"},
		Env:    []string{"HOME=/tmp", "TMPDIR=/tmp"},
		Limits: Limits,
	}
	if b.dynamic {
		spec.Binds, spec.Symlinks = sandbox.System()
	}
	spec.Binds = append(spec.Binds, sandbox.Bind{Source: b.self, Dest: selfPlace}, sandbox.Bind{Source: b.Kit.Dir, Dest: kitPlace},
		sandbox.Bind{Source: b.Toolchain.ToolDir, Dest: toolsPlace})
	return spec
}

// Executable is the path of this program, or of a copy in state if others may not read it, and whether it needs the
// machine's libraries.
func Executable(state string) (path string, dynamic bool, err error) {
	path, err = os.Executable()
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err != nil {
		return "", false, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", false, err
	}
	if info.Mode().Perm()&0o005 != 0o005 {
		if path, err = publicCopy(path, state); err != nil {
			return "", false, err
		}
	}
	f, err := elf.Open(path)
	if err != nil {
		return path, false, nil // not a system with sandboxes
	}
	defer f.Close()
	for _, p := range f.Progs {
		dynamic = dynamic || p.Type == elf.PT_INTERP
	}
	return path, dynamic, nil
}

// publicCopy copies a program to state, under the hash of its content.
func publicCopy(path, state string) (string, error) {
	sum, err := hashFile(path)
	if err != nil {
		return "", err
	}
	name := filepath.Join(state, "self-"+sum[:16])
	if _, err := os.Stat(name); err == nil {
		return name, nil
	}
	Sweep(state, "self-*", 24*time.Hour)
	temp := fmt.Sprintf("%s-%d", name, os.Getpid())
	if err := place(path, temp); err != nil {
		return "", err
	}
	if err := os.Chmod(temp, 0o755); err != nil {
		return "", err
	}
	return name, os.Rename(temp, name)
}
