package build

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/importer"
	"go/token"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"courselab/autograde/check"
	"courselab/autograde/policy"
)

// order is what the orchestrator asks of a prepare process.
type order struct {
	Rules   policy.Rules
	Module  string
	Sources map[string][]byte
}

// outcome is the first line that a prepare process writes; Size bytes of the worker follow.
type outcome struct {
	Report policy.Report
	Size   int64
}

// prepareMain checks and builds a submission in the sandbox: kit and tools are folders to read, work one to write.
func prepareMain(kit, tools, work string, in io.Reader, out io.Writer) int {
	if err := prepare(kit, tools, work, in, out); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func prepare(kit, tools, work string, in io.Reader, out io.Writer) error {
	var o order
	if err := json.NewDecoder(in).Decode(&o); err != nil {
		return fmt.Errorf("order: %w", err)
	}
	idx, err := loadIndex(kit)
	if err != nil {
		return err
	}
	result := outcome{Report: *policy.Check(o.Rules, o.Sources, importer.ForCompiler(token.NewFileSet(), "gc", idx.open(kit)))}
	var program []byte
	if result.Report.Verdict() == check.Accepted {
		c := &compiler{kit: kit, tools: tools, work: work, idx: idx}
		problems, err := c.build(&o, result.Report.Present)
		if err != nil {
			return err
		}
		result.Report.Problems = problems
		if len(problems) == 0 {
			if program, err = os.ReadFile(filepath.Join(work, "worker")); err != nil {
				return err
			}
			result.Size = int64(len(program))
		}
	}
	if err := json.NewEncoder(out).Encode(result); err != nil {
		return err
	}
	_, err = out.Write(program)
	return err
}

// compiler runs the compiler and the linker as the go command would.
type compiler struct {
	kit, tools, work string
	idx              *index
}

// build leaves the program in work/worker, or returns what the compiler said.
func (c *compiler) build(o *order, functions []string) ([]policy.Problem, error) {
	student := studentPath(o.Rules.Package)
	mainText, err := mainSource(o.Module, o.Rules.Package, functions)
	if err != nil {
		return nil, err
	}
	for _, dir := range []string{"student", "main"} {
		if err := os.Mkdir(filepath.Join(c.work, dir), 0o755); err != nil {
			return nil, err
		}
	}
	names := slices.Sorted(maps.Keys(o.Sources))
	for name, text := range o.Sources {
		if err := os.WriteFile(filepath.Join(c.work, "student", name), text, 0o644); err != nil {
			return nil, err
		}
	}
	if err := os.WriteFile(filepath.Join(c.work, "main", "main.go"), []byte(mainText), 0o644); err != nil {
		return nil, err
	}
	// The student's package sees what the lab allows, and nothing else.
	problems, err := c.compile("student", student, o.Rules.Allow, nil, names)
	if err != nil || len(problems) > 0 {
		return problems, err
	}
	own := map[string]string{student: filepath.Join(c.work, "student.a")}
	problems, err = c.compile("main", "main", []string{o.Module + workerPath}, own, []string{"main.go"})
	if err != nil {
		return nil, err
	}
	if len(problems) > 0 { // it uses nothing of the student's but what the policy has compared with the contract
		return nil, fmt.Errorf("the generated program does not compile: %v", problems)
	}
	return c.link(own)
}

// compile compiles the files of work/dir to work/dir.a.
func (c *compiler) compile(dir, path string, imports []string, own map[string]string, files []string) ([]policy.Problem, error) {
	config := filepath.Join(c.work, dir+".cfg")
	if err := os.WriteFile(config, c.importConfig(imports, own), 0o644); err != nil {
		return nil, err
	}
	args := []string{"-o", filepath.Join(c.work, dir+".a"), "-p", path, "-lang", c.idx.Language, "-complete", "-pack",
		"-trimpath", filepath.Join(c.work, dir) + "=>", "-importcfg", config}
	text, err := c.tool("compile", dir, append(args, files...)...)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return complaints(text, exit), nil
	}
	return nil, err
}

func (c *compiler) importConfig(imports []string, own map[string]string) []byte {
	var b bytes.Buffer
	b.WriteString("# import config\n")
	for _, path := range imports {
		if file, ok := c.idx.Packages[path]; ok {
			fmt.Fprintf(&b, "packagefile %s=%s\n", path, filepath.Join(c.kit, file))
		}
	}
	for path, file := range own {
		fmt.Fprintf(&b, "packagefile %s=%s\n", path, file)
	}
	return b.Bytes()
}

// link leaves the program in work/worker. Everything else that it links is the same for all, so what it cannot link is the student's.
func (c *compiler) link(own map[string]string) ([]policy.Problem, error) {
	config := filepath.Join(c.work, "link.cfg")
	all := slices.Sorted(maps.Keys(c.idx.Packages))
	if err := os.WriteFile(config, c.importConfig(all, own), 0o644); err != nil {
		return nil, err
	}
	text, err := c.tool("link", ".", "-o", filepath.Join(c.work, "worker"), "-importcfg", config, "-buildmode", "exe", "-s", "-w", filepath.Join(c.work, "main.a"))
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		reason := strings.ReplaceAll(firstLine(string(text), exit), filepath.Join(c.tools, "link")+": ", "")
		return []policy.Problem{{Verdict: check.CompileError, Message: "the program cannot be linked: " + check.Line(reason, maxMessage)}}, nil
	}
	return nil, err
}

const (
	maxToolText = 64 << 10 // what a tool may say
	maxMessage  = 400      // what of it a student reads in one problem
)

// tool runs a tool in work/dir and returns what it printed.
func (c *compiler) tool(name, dir string, args ...string) ([]byte, error) {
	var text limitedBuffer
	cmd := exec.Command(filepath.Join(c.tools, name), args...)
	cmd.Dir = filepath.Join(c.work, dir)
	// Tools that live for a tenth of a second need no garbage collection; one that grows does.
	cmd.Env = []string{"TMPDIR=" + c.work, "HOME=" + c.work, "PWD=" + cmd.Dir, "GOGC=off", "GOMEMLIMIT=512MiB"}
	cmd.Stdout, cmd.Stderr = &text, &text
	err := cmd.Run()
	return text.Bytes(), err
}

// limitedBuffer keeps the beginning of what is written to it.
type limitedBuffer struct{ bytes.Buffer }

func (b *limitedBuffer) Write(p []byte) (int, error) {
	if room := maxToolText - b.Len(); room < len(p) {
		b.Buffer.Write(p[:max(room, 0)])
		return len(p), nil
	}
	return b.Buffer.Write(p)
}

// complaint is "file.go:3:7: undefined: x".
var complaint = regexp.MustCompile(`^(?:\./)?([A-Za-z][A-Za-z0-9_]*\.go):(\d+)(?::\d+)?: (.*)$`)

// complaints turns the compiler's text into problems.
func complaints(text []byte, exit *exec.ExitError) []policy.Problem {
	var problems []policy.Problem
	for _, line := range strings.Split(string(text), "\n") {
		if m := complaint.FindStringSubmatch(strings.TrimSpace(line)); m != nil && len(problems) < 10 {
			number, _ := strconv.Atoi(m[2]) // digits; too many mean line 0
			problems = append(problems, policy.Problem{Verdict: check.CompileError, File: m[1], Line: number, Message: check.Line(m[3], maxMessage)})
		}
	}
	if len(problems) == 0 {
		problems = append(problems, policy.Problem{Verdict: check.CompileError, Message: "the compiler gave up on this program: " + check.Line(firstLine(string(text), exit), maxMessage)})
	}
	return problems
}
