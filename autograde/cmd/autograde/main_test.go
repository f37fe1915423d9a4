package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/autograde/collect"
	"courselab/autograde/grade"
	"courselab/autograde/result"
	"courselab/autograde/sandbox"
)

// beAutograde makes the test binary behave as autograde.
const beAutograde = "COURSELAB_TEST_AUTOGRADE"

func TestMain(m *testing.M) {
	if os.Getenv(beAutograde) != "" {
		main()
	}
	grade.Init()
	collect.Init()
	os.Exit(m.Run())
}

const (
	root = "../../.."
	tiny = "autograde/testdata/labs/tiny"
)

// command is autograde with arguments, run in the repository's root.
func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self, args...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), beAutograde+"=1", "NO_COLOR=1")
	return cmd
}

// autograde runs it to its end.
func autograde(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := command(t, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	return path
}

func right(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, tiny, "tiny.go"))
	require.NoError(t, err)
	return string(text)
}

// TestBadInput: one line that names the thing and the next step, an exit code, and nothing left behind.
func TestBadInput(t *testing.T) {
	work := t.TempDir()
	class := filepath.Join(work, "class")
	write(t, filepath.Join(class, "ada", "tiny.go"), "package tiny\n")
	empty := filepath.Join(work, "empty")
	require.NoError(t, os.Mkdir(empty, 0o755))
	file := write(t, filepath.Join(work, "file.txt"), "x")
	full := filepath.Join(work, "full")
	write(t, filepath.Join(full, "thesis.tex"), "x")
	broken := filepath.Join(work, "broken")
	write(t, filepath.Join(broken, "lab.yaml"), "id: x\ntitel: y\n")
	write(t, filepath.Join(broken, "go.mod"), "module x\n")
	released := filepath.Join(work, "released")
	write(t, filepath.Join(released, "lab.yaml"), "id: x\n")
	out := filepath.Join(work, "out")
	for name, c := range map[string]struct {
		args []string
		code int
		want string
	}{
		"unknown command":       {[]string{"grad"}, 2, `unknown command "grad" for "autograde"`},
		"unknown flag":          {[]string{"grade", "--fast"}, 2, "unknown flag: --fast; see autograde --help"},
		"no arguments":          {[]string{"grade"}, 2, "grade needs LAB: autograde grade LAB SUBMISSIONS -o OUT"},
		"one argument":          {[]string{"grade", tiny}, 2, "grade needs SUBMISSIONS"},
		"too many":              {[]string{"check", "a", "b"}, 2, `"b" is one argument too many`},
		"no out":                {[]string{"grade", tiny, class}, 2, "grade needs a folder for the results: -o OUT"},
		"no such lab":           {[]string{"grade", "lab99", class, "-o", out}, 1, `there is no lab "lab99": the labs here are lab0-warmup, lab1-attention`},
		"no such folder":        {[]string{"audit", "no/such/lab"}, 1, "give the folder of a lab, e.g. labs/lab1-attention"},
		"no lab.yaml":           {[]string{"release", "autograde"}, 1, "no lab.yaml in autograde: give the folder of a lab, e.g. labs/lab1-attention"},
		"lab.yaml is wrong":     {[]string{"audit", broken}, 1, `lab.yaml:2: unknown field "titel"`},
		"no submissions":        {[]string{"grade", tiny, filepath.Join(work, "missing"), "-o", out}, 1, "give the folder that holds the submissions"},
		"empty class":           {[]string{"grade", tiny, empty, "-o", out}, 1, "it must hold a folder, an archive"},
		"class is a text":       {[]string{"grade", tiny, file, "-o", out}, 1, "is neither a folder nor an archive"},
		"out is a file":         {[]string{"grade", tiny, class, "-o", file}, 1, "give a folder for the results with -o"},
		"out is in use":         {[]string{"grade", tiny, class, "-o", full}, 1, "holds other files: give a new folder for the results with -o"},
		"out in class":          {[]string{"grade", tiny, class, "-o", filepath.Join(class, "out")}, 1, "mixed up with the submissions"},
		"class in out":          {[]string{"grade", tiny, class, "-o", work}, 1, "mixed up with the submissions"},
		"check without lab":     {[]string{"check", class}, 1, "no lab.yaml in"},
		"check nothing":         {[]string{"check", filepath.Join(work, "missing")}, 1, "there is no folder"},
		"check a broken yaml":   {[]string{"check", released}, 1, "lab.yaml: the lab has no title"},
		"release into the lab":  {[]string{"release", tiny, "-o", filepath.Join(tiny, "x")}, 1, "choose a folder outside the lab"},
		"release over a thesis": {[]string{"release", tiny, "-o", full}, 1, "holds something else than a release: give a new folder with -o"},
		"bad number of jobs":    {[]string{"grade", tiny, class, "-o", out, "-j", "many"}, 2, "invalid argument"},
	} {
		t.Run(name, func(t *testing.T) {
			stdout, stderr, code := autograde(t, c.args...)
			assert.Equal(t, c.code, code, stderr)
			assert.Empty(t, stdout)
			assert.Contains(t, stderr, c.want)
			assert.Equal(t, 1, strings.Count(stderr, "\n"), "one line: %s", stderr)
			assert.True(t, strings.HasPrefix(stderr, "autograde: "), stderr)
			_, err := os.Stat(out)
			assert.ErrorIs(t, err, os.ErrNotExist, "nothing half done")
		})
	}
}

func TestHelp(t *testing.T) {
	stdout, _, code := autograde(t, "--help")
	assert.Zero(t, code)
	for _, name := range []string{"release", "check", "grade", "audit", "replay", "doctor"} {
		assert.Contains(t, stdout, "\n  "+name+" ")
		help, _, code := autograde(t, name, "--help")
		assert.Zero(t, code)
		assert.Contains(t, help, "Usage:\n  autograde "+name)
		for _, line := range strings.Split(help, "\n") {
			assert.LessOrEqual(t, len(line), 130, line)
		}
	}
}

func TestDoctor(t *testing.T) {
	stdout, _, code := autograde(t, "doctor", "--json")
	assert.Zero(t, code)
	var findings []finding
	require.NoError(t, json.Unmarshal([]byte(stdout), &findings))
	parts := map[string]bool{}
	for _, f := range findings {
		parts[f.Part] = true
		assert.True(t, f.OK || f.Fix != "", "%s %s is missing, and nothing is said about a fix", f.Part, f.Name)
	}
	assert.Equal(t, map[string]bool{"machine": true, "go": true, "sandbox": true, "labs": true}, parts)

	cmd := command(t, "doctor")
	cmd.Env = append(cmd.Env, "PATH="+t.TempDir())
	out, err := cmd.Output()
	require.Error(t, err, "without Go nothing can be graded")
	assert.Contains(t, string(out), "MISSING")
	assert.Contains(t, string(out), "the go command is not in PATH: install Go")
}

// TestFromReleaseToGrade is a student's way: the release, some work, the public checks, handing in, grades.
func TestFromReleaseToGrade(t *testing.T) {
	require.NoError(t, os.MkdirAll(filepath.Join(root, "release"), 0o755))
	base, err := os.MkdirTemp(filepath.Join(root, "release"), "test")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(base)) })
	dir, err := filepath.Abs(filepath.Join(base, "tiny"))
	require.NoError(t, err)

	stdout, stderr, code := autograde(t, "release", tiny, "-o", dir)
	require.Zero(t, code, stderr)
	assert.Contains(t, stdout, "2 tasks, 2 public checks; 3 hidden checks worth 7 points stay here")

	stdout, _, code = autograde(t, "check", dir)
	assert.Equal(t, 1, code)
	assert.Contains(t, stdout, "not written yet")
	assert.Contains(t, stdout, "public checks passed: 0 of 2; 3 hidden checks worth 7 of 10 points will be run at grading")
	assert.NotContains(t, stdout, "TinyHiddenMarker")

	write(t, filepath.Join(dir, "tiny.go"), strings.Replace(right(t), "Mul(x, byFactor)", "Add(x, byFactor)", 1))
	stdout, _, code = autograde(t, "check", dir)
	assert.Equal(t, 1, code)
	assert.Contains(t, stdout, "Task scale, three numbers, doubled: Wrong Answer")
	assert.Contains(t, stdout, "hint: Each element counts on its own.")
	assert.Contains(t, stdout, "public checks passed: 1 of 2")

	write(t, filepath.Join(dir, "tiny.go"), strings.Replace(right(t), "\"fmt\"", "\"fmt\"\n\t\"os\"", 1))
	stdout, _, code = autograde(t, "check", dir)
	assert.Equal(t, 1, code)
	assert.Contains(t, stdout, `tiny.go:6: import "os" is not allowed in this lab`)

	write(t, filepath.Join(dir, "tiny.go"), right(t))
	stdout, stderr, code = autograde(t, "check", dir)
	assert.Zero(t, code, stdout+stderr)
	assert.Contains(t, stdout, "public checks passed: 2 of 2; 3 hidden checks worth 7 of 10 points")

	class := t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(class, "ada"), os.DirFS(dir)))
	write(t, filepath.Join(class, "=bob", "tiny.go"), "package tiny\n")
	out := filepath.Join(t.TempDir(), "grades")
	stdout, _, code = autograde(t, "grade", tiny, class, "-o", out)
	assert.Zero(t, code)
	assert.Contains(t, stdout, "2 submissions in")
	text, err := os.ReadFile(filepath.Join(out, "grades.csv"))
	require.NoError(t, err)
	assert.Equal(t, "student,verdict,score,max,percent,scale,mean,why\n_bob,Wrong Answer,0,10,0,0,0,\"Wrong Answer: scale, mean\"\nada,Accepted,10,10,100,6,4,\n", string(text))
	for _, name := range []string{"index.html", "summary.json", "ada/feedback.html", "ada/results.json", "_bob/feedback.html", "records/ada.json"} {
		_, err := os.Stat(filepath.Join(out, filepath.FromSlash(name)))
		assert.NoError(t, err)
	}
}

// TestKilledRunGoesOn kills the run again and again, without warning, each time a little later after a submission than the time before: all
// files are whole, what an event has announced is never graded again, and in the end nothing is missing.
func TestKilledRunGoesOn(t *testing.T) {
	class := t.TempDir()
	names := strings.Split("abcdefghijklmnop", "") // more than are graded before the last kill
	for _, name := range names {
		write(t, filepath.Join(class, name, "tiny.go"), right(t)+"\n// "+name+"\n")
	}
	out := filepath.Join(t.TempDir(), "grades")
	announced := map[string]bool{}
	for kills := range 5 {
		cmd := command(t, "grade", tiny, class, "-o", out, "-j", "2", "--json")
		pipe, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		lines := bufio.NewScanner(pipe)
		for graded := false; !graded && lines.Scan(); {
			ev := event(t, lines.Text())
			if graded = ev.Event == "submission" && !ev.Kept; graded {
				assert.False(t, announced[ev.Student], "%s was graded before", ev.Student)
				announced[ev.Student] = true
			}
		}
		time.Sleep(time.Duration(kills*kills) * 3 * time.Millisecond)
		require.NoError(t, cmd.Process.Signal(syscall.SIGKILL))
		require.Error(t, cmd.Wait())
		for _, name := range names {
			whole(t, filepath.Join(out, name, "results.json"), &result.Gradescope{})
			whole(t, result.Folder(out).Record(name), &result.Submission{})
			if announced[name] {
				require.NotNil(t, result.Folder(out).Load(name), "%s was announced", name)
			}
		}
	}
	kept := len(result.Folder(out).Students())
	require.GreaterOrEqual(t, kept, 5)
	stdout, _, code := autograde(t, "grade", tiny, class, "-o", out, "--json")
	require.Zero(t, code)
	again := 0
	var last grade.Event
	for _, line := range strings.Split(strings.TrimSpace(stdout), "\n") {
		if last = event(t, line); last.Kept {
			again++
		}
	}
	assert.Equal(t, kept, again)
	assert.Equal(t, "end", last.Event)
	assert.Equal(t, 10.0, last.Score, "the mean")
	for _, name := range names {
		assert.Empty(t, result.Folder(out).Load(name).History, "nothing was graded twice")
	}

	start := time.Now()
	stdout, _, code = autograde(t, "grade", tiny, class, "-o", out)
	require.Zero(t, code)
	assert.Contains(t, stdout, fmt.Sprintf("%d of them kept from before", len(names)))
	t.Logf("nothing to do: %v", time.Since(start))
}

func event(t *testing.T, line string) (e grade.Event) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(line), &e), line)
	return e
}

// whole requires that a file is not there, or can be read to its end.
func whole(t *testing.T, path string, value any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		require.NoError(t, json.Unmarshal(text, value), path)
	}
}

func TestInterruptedRunSaysHowToGoOn(t *testing.T) {
	class := t.TempDir()
	write(t, filepath.Join(class, "a", "tiny.go"), right(t))
	write(t, filepath.Join(class, "b", "tiny.go"), strings.Replace(right(t), "byFactor := ", "for {\n\t}\n\tbyFactor := ", 1))
	cmd := command(t, "grade", tiny, class, "-o", filepath.Join(t.TempDir(), "grades"), "-j", "1", "--json")
	pipe, err := cmd.StdoutPipe()
	require.NoError(t, err)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	require.NoError(t, cmd.Start())
	lines := bufio.NewScanner(pipe)
	for lines.Scan() && !strings.Contains(lines.Text(), `"student":"a"`) {
	}
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	for lines.Scan() {
	}
	require.Error(t, cmd.Wait())
	assert.Equal(t, 1, cmd.ProcessState.ExitCode())
	assert.Contains(t, stderr.String(), "autograde: stopped after 1 of 2 submissions: run the same command again to go on\n")
}

func TestAudit(t *testing.T) {
	stdout, stderr, code := autograde(t, "audit", tiny, "--mutants", "2")
	assert.Zero(t, code, stderr)
	assert.Contains(t, stdout, "The reference gets every point, the release none, and 3 wrong answers the stated verdicts.")
	assert.Contains(t, stdout, "2 mutants, a sample of 10: 2 noticed, 0 equivalent, 0 survived; kill rate 100.0 %")

	stdout, _, code = autograde(t, "audit", tiny, "--mutants", "10")
	assert.Equal(t, 1, code, "nine of ten are too few")
	assert.Contains(t, stdout, "tiny.go:24 Mean")
	assert.Contains(t, stdout, "kill rate 90.0 %")
}

func noSandbox() (sandbox.Sandbox, error) { return nil, sandbox.ErrNoBoundary }

// TestNoBoundaryNoGrading: without a sandbox, grading refuses and names the flag that accepts the risk.
func TestNoBoundaryNoGrading(t *testing.T) {
	old := openSandbox
	t.Cleanup(func() { openSandbox = old })
	openSandbox = noSandbox
	class := t.TempDir()
	write(t, filepath.Join(class, "a", "tiny.go"), right(t))
	t.Chdir(root)
	out := filepath.Join(t.TempDir(), "grades")
	assert.Equal(t, 1, run(t.Context(), []string{"grade", tiny, class, "-o", out}))
	_, err := os.Stat(out)
	assert.ErrorIs(t, err, os.ErrNotExist)
	_, err = box(false)
	assert.ErrorContains(t, err, "--i-trust-these-students")
	assert.Zero(t, run(t.Context(), []string{"grade", tiny, class, "-o", out, "--i-trust-these-students"}))
	assert.Equal(t, 10.0, result.Folder(out).Load("a").Score)
	assert.True(t, result.Folder(out).Load("a").Unboxed, "the record says so")
}
