package build

import (
	"bytes"
	"context"
	"debug/elf"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/autograde/check"
	"courselab/autograde/lab"
	"courselab/autograde/policy"
	"courselab/autograde/sandbox"
)

func TestMain(m *testing.M) {
	sandbox.Init()
	Init()
	os.Exit(m.Run())
}

func tiny(t *testing.T) *lab.Lab {
	t.Helper()
	l, err := lab.Load(filepath.Join("..", "testdata", "labs", "tiny"))
	require.NoError(t, err)
	return l
}

func state(l *lab.Lab) string { return filepath.Join(l.Root, ".lab", "autograde") }

// builder builds for the tiny lab; change may alter its rules first.
func builder(t *testing.T, change ...func(l *lab.Lab)) *Builder {
	t.Helper()
	s, err := sandbox.Open()
	require.NoError(t, err)
	l := tiny(t)
	for _, f := range change {
		f(l)
	}
	contract, err := l.Contract()
	require.NoError(t, err)
	b, err := New(context.Background(), l, contract, s, state(l))
	require.NoError(t, err)
	return b
}

func reference(t *testing.T, l *lab.Lab) map[string][]byte {
	t.Helper()
	names, err := l.Sources()
	require.NoError(t, err)
	sources := map[string][]byte{}
	for _, name := range names {
		sources[name], err = os.ReadFile(filepath.Join(l.Dir, name))
		require.NoError(t, err)
	}
	return sources
}

func TestReferenceBuilds(t *testing.T) {
	b := builder(t)
	sources := reference(t, b.Lab)
	delete(sources, "unit.go") // given by the lab: it comes back
	r, err := b.Build(context.Background(), sources)
	require.NoError(t, err)
	require.Empty(t, r.Problems)
	assert.Equal(t, check.Accepted, r.Verdict())
	f, err := elf.NewFile(bytes.NewReader(r.Worker))
	require.NoError(t, err)
	for _, p := range f.Progs {
		assert.NotEqual(t, elf.PT_INTERP, p.Type, "a worker is static: it runs in an empty root")
	}
	for _, path := range []string{b.Lab.Root, "hidden", "TinyHiddenMarker", b.Kit.Dir} {
		assert.NotContains(t, string(r.Worker), path+"/", "no path of this machine, nothing of the lab")
	}
	again, err := b.Build(context.Background(), sources)
	require.NoError(t, err)
	assert.Equal(t, r.Worker, again.Worker, "the same source gives the same worker")
	t.Logf("wall %v, processor %v, %d bytes", again.Wall, again.CPU, len(r.Worker))
}

const graphImport = "package tiny\n\nimport . \"github.com/gomlx/gomlx/core/graph\"\n\n"
const mean = "\nfunc Mean(values []float64) (float64, error) { return 0, nil }\n"
const scale = "\nfunc Scale(x *Node, factor float64) *Node { return x }\n"

func TestVerdicts(t *testing.T) {
	b := builder(t)
	for name, c := range map[string]struct {
		source  string
		verdict check.Verdict
		want    string
	}{
		"compile error":     {graphImport + scale + "\nfunc Mean(values []float64) (float64, error) { return \"\", nil }\n", check.CompileError, `tiny.go:8: cannot use "" (untyped string constant) as float64 value in return statement`},
		"signature":         {graphImport + mean + "\nfunc Scale(x *Node, factor float32) *Node { return x }\n", check.CompileError, "tiny.go:8: Scale must be func(x *Node, factor float64) *Node; yours is func(x *Node, factor float32) *Node"},
		"import":            {"package tiny\n\nimport \"os\"\n\nfunc init() { os.Exit(0) }\n", check.Forbidden, `tiny.go:3: import "os" is not allowed`},
		"embed":             {graphImport + scale + mean + "\n//go:embed *\nvar all string\n", check.Forbidden, "the directive //go:embed is not allowed"},
		"forbidden symbol":  {graphImport + mean + "\nfunc Scale(x *Node, factor float64) *Node { return MulScalar(x, factor) }\n", check.Forbidden, "tiny.go:8: MulScalar of package graph"},
		"through a name":    {"package tiny\n\nimport g \"github.com/gomlx/gomlx/core/graph\"\n\nvar f = g.MulScalar[float64]\n" + mean + "\nfunc Scale(x *g.Node, factor float64) *g.Node { return f(x, factor) }\n", check.Forbidden, "tiny.go:5: MulScalar of package graph"},
		"by prefix":         {graphImport + mean + "\nfunc Scale(x *Node, factor float64) *Node { return BackendFusedGelu(x, true) }\n", check.Forbidden, "tiny.go:8: BackendFusedGelu of package graph"},
		"wrong package":     {"package main\n\nfunc main() {}\n", check.CompileError, "tiny.go:1: the package clause must say: package tiny"},
		"binary":            {"\x7fELF\x00\x01", check.CompileError, "tiny.go:1: "},
		"no body":           {graphImport + mean + "\nfunc Scale(x *Node, factor float64) *Node\n", check.CompileError, "tiny.go:8: "},
		"needs what is not": {graphImport + scale + "\nfunc Mean(values []float64) (float64, error) { return Median(values), nil }\n", check.CompileError, "undefined: Median"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := b.Build(context.Background(), map[string][]byte{"tiny.go": []byte(c.source)})
			require.NoError(t, err)
			assert.Nil(t, r.Worker)
			assert.Equal(t, c.verdict, r.Verdict())
			var all []string
			for _, p := range r.Problems {
				all = append(all, p.String())
			}
			text := strings.Join(all, "\n")
			assert.Contains(t, text, c.want)
			assert.NotContains(t, text, "/tmp", "no path of any machine")
			assert.NotContains(t, text, "/kit")
		})
	}
}

func TestMissingFunctions(t *testing.T) {
	b := builder(t)
	r, err := b.Build(context.Background(), map[string][]byte{"tiny.go": []byte(graphImport + scale)})
	require.NoError(t, err)
	assert.NotNil(t, r.Worker)
	assert.Equal(t, []string{"Mean"}, r.Missing)
	r, err = b.Build(context.Background(), map[string][]byte{"x.go": []byte("package tiny\n")})
	require.NoError(t, err)
	assert.NotNil(t, r.Worker)
	assert.ElementsMatch(t, []string{"Mean", "Scale"}, r.Missing)
}

func TestMessagesAreFitToPrint(t *testing.T) {
	b := builder(t)
	r, err := b.Build(context.Background(), map[string][]byte{"tiny.go": []byte("package tiny\n\nvar x int = `\x1b[31m\u202e" + strings.Repeat("A", 5000) + "`\n")})
	require.NoError(t, err)
	require.NotEmpty(t, r.Problems)
	for _, p := range r.Problems {
		assert.NotContains(t, p.Message, "\x1b")
		assert.NotContains(t, p.Message, "\u202e")
		assert.Less(t, len(p.Message), 500)
	}
}

// TestHardSource is source that was made to hurt: it ends in time, with a verdict for its author.
func TestHardSource(t *testing.T) {
	old := Limits
	t.Cleanup(func() { Limits = old })
	Limits.CPU, Limits.Wall, Limits.Memory = 2*time.Second, 20*time.Second, 512<<20
	b := builder(t)
	deep := 400_000
	for name, text := range map[string]string{
		"deep parentheses": "var x = " + strings.Repeat("(", deep) + "1" + strings.Repeat(")", deep),
		"deep types":       "var x " + strings.Repeat("[]", deep) + "int",
		"long sum":         "var y = 1\nvar x = y" + strings.Repeat("+y", 300_000),
		"large array":      "var x [1 << 34]int\nvar y = x",
		"large table":      "var x = [1 << 28]int{1 << 27: 1}",
		"shifted constant": "const x = 1 << 511 << 511",
		"doubled types":    doubled(40),
		"many functions":   many(60_000),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			r, err := b.Build(context.Background(), map[string][]byte{"tiny.go": []byte(graphImport + scale + mean + text + "\n")})
			require.NoError(t, err)
			if r.Worker == nil {
				assert.Equal(t, check.CompileError, r.Verdict())
				require.NotEmpty(t, r.Problems)
				t.Log(r.Problems[0])
			}
			assert.Less(t, time.Since(start), 40*time.Second)
		})
	}
}

// doubled is a type whose size, and the text of whose name, doubles with each line.
func doubled(n int) string {
	var b strings.Builder
	b.WriteString("type t0 struct{ a, b [64]byte }\n")
	for i := 1; i <= n; i++ {
		prev := "t" + string(rune('0'+(i-1)/10)) + string(rune('0'+(i-1)%10))
		if i == 1 {
			prev = "t0"
		}
		b.WriteString("type t" + string(rune('0'+i/10)) + string(rune('0'+i%10)) + " struct{ a, b " + prev + " }\n")
	}
	b.WriteString("var x, y t" + string(rune('0'+n/10)) + string(rune('0'+n%10)) + "\nvar z = x == y\n")
	return b.String()
}

func many(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("func f" + strings.Repeat("x", i%7) + itoa(i) + "(a, b, c int) int { return a*b + b*c + c*a }\n")
	}
	return b.String()
}

func itoa(n int) string {
	text, _ := json.Marshal(n) // an int
	return string(text)
}

// TestCompilerKnowsAllowedPackagesOnly leaves the policy out: the compiler itself cannot find what the lab does not allow.
func TestCompilerKnowsAllowedPackagesOnly(t *testing.T) {
	b := builder(t)
	idx, err := loadIndex(b.Kit.Dir)
	require.NoError(t, err)
	for name, source := range map[string]string{
		"os": "import \"os\"\n\nfunc init() { os.Exit(0) }\n", "unsafe": "import \"unsafe\"\n\nvar x = unsafe.Sizeof(1)\n",
		"worker": "import \"courselab/autograde/worker\"\n\nvar x = worker.Backend\n", "hidden": "import \"courselab/autograde/testdata/labs/tiny/hidden\"\n\nvar x = hidden.Suite\n",
		"C": "import \"C\"\n", "embed": "import _ \"embed\"\n\n//go:embed *\nvar x string\n", "linkname": "//go:linkname exit os.runtime_beforeExit\nfunc exit(code int)\n",
	} {
		t.Run(name, func(t *testing.T) {
			c := &compiler{kit: b.Kit.Dir, tools: b.Toolchain.ToolDir, work: t.TempDir(), idx: idx}
			o := &order{Module: "courselab", Rules: policy.Rules{Package: "tiny", Allow: b.Lab.Imports.Allow}, Sources: map[string][]byte{"a.go": []byte("package tiny\n\n" + source)}}
			problems, err := c.build(o, nil)
			if name == "unsafe" { // built into the compiler: this one is the policy's alone, and the sandbox's
				require.NoError(t, err)
				return
			}
			require.NoError(t, err)
			require.NotEmpty(t, problems)
			assert.Equal(t, check.CompileError, problems[0].Verdict)
		})
	}
}

// TestNothingSecretIsShown: what the sandbox of a build holds, has nothing of a lab in it.
func TestNothingSecretIsShown(t *testing.T) {
	b := builder(t)
	idx, err := loadIndex(b.Kit.Dir)
	require.NoError(t, err)
	paths := slices.Collect(maps.Keys(idx.Packages))
	assert.Contains(t, paths, "courselab/autograde/worker")
	for _, path := range paths {
		assert.NotContains(t, path, "/labs/", "no compiled lab")
		assert.NotContains(t, path, "autograde/check")
	}
	for _, bind := range b.spec().Binds {
		assert.False(t, strings.HasPrefix(b.Lab.Dir+"/", bind.Source+"/"), "%s shows the lab", bind.Source)
	}
	entries, err := os.ReadDir(b.Kit.Dir)
	require.NoError(t, err)
	for _, entry := range entries {
		info, err := entry.Info()
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o044), info.Mode().Perm()&0o044, "%s: another user reads it", entry.Name())
	}
}

func TestChecks(t *testing.T) {
	l := tiny(t)
	toolchain, err := FindToolchain(context.Background())
	require.NoError(t, err)
	all, err := PrepareChecks(context.Background(), toolchain, l, true, state(l))
	require.NoError(t, err)
	public, err := PrepareChecks(context.Background(), toolchain, l, false, state(l))
	require.NoError(t, err)
	ids := func(list []check.Record) (ids []string) {
		for _, r := range list {
			ids = append(ids, r.Check)
			assert.Empty(t, r.Verdict)
		}
		return ids
	}
	assert.Equal(t, []string{"scale-table", "mean-table", "scale-random", "mean-random", "mean-empty"}, ids(all.List))
	assert.Equal(t, []string{"scale-table", "mean-table"}, ids(public.List))
	assert.NotEqual(t, all.Hash, public.Hash)
	info, err := os.Stat(all.Path)
	require.NoError(t, err)
	assert.Zero(t, info.Mode().Perm()&0o077, "nobody else reads what is expected")
	binary, err := os.ReadFile(public.Path)
	require.NoError(t, err)
	assert.NotContains(t, string(binary), "TinyHiddenMarker")
	again, err := PrepareChecks(context.Background(), toolchain, l, true, state(l))
	require.NoError(t, err)
	assert.Equal(t, all.Hash, again.Hash)

	l.Tasks = l.Tasks[:1]
	_, err = PrepareChecks(context.Background(), toolchain, l, true, state(l))
	assert.ErrorContains(t, err, `check mean-table belongs to task "mean", which is not in lab.yaml`)
	l.Tasks = append(l.Tasks, lab.Task{ID: "mean"}, lab.Task{ID: "three"})
	_, err = PrepareChecks(context.Background(), toolchain, l, true, state(l))
	assert.ErrorContains(t, err, "task three has no check that is worth points")
	l.Dir = t.TempDir()
	_, err = PrepareChecks(context.Background(), toolchain, l, true, state(l))
	assert.ErrorContains(t, err, "has no checks: it needs a folder public")
}

func TestTroubleOfTheInstructorIsNamed(t *testing.T) {
	l := tiny(t)
	contract, err := l.Contract()
	require.NoError(t, err)
	toolchain, err := FindToolchain(context.Background())
	require.NoError(t, err)
	l.Imports.Allow = append(l.Imports.Allow, "no/such/package")
	_, err = PrepareKit(context.Background(), toolchain, l, contract, state(l))
	require.ErrorContains(t, err, "no/such/package")
	assert.NotContains(t, err.Error(), "\n")
	t.Setenv("PATH", t.TempDir())
	_, err = FindToolchain(context.Background())
	assert.ErrorContains(t, err, "the go command is not in PATH: install Go")
}

// TestProgramThatOthersMayNotRead: a grader built under a strict umask is shown as a copy.
func TestProgramThatOthersMayNotRead(t *testing.T) {
	dir := t.TempDir()
	private := filepath.Join(dir, "autograde")
	require.NoError(t, os.WriteFile(private, []byte("program"), 0o700))
	for range 2 {
		path, err := publicCopy(private, dir)
		require.NoError(t, err)
		info, err := os.Stat(path)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o755), info.Mode().Perm())
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, "program", string(text))
	}
}

func TestStateIsPrivate(t *testing.T) {
	state := filepath.Join(t.TempDir(), "new", "state")
	require.NoError(t, Private(state))
	require.NoError(t, os.Chmod(state, 0o777))
	assert.ErrorContains(t, Private(state), "everybody may write to "+state)
	require.NoError(t, os.Chmod(state, 0o775))
	require.NoError(t, Private(state))
	_, err := New(t.Context(), nil, nil, nil, filepath.Join(state, strings.Repeat("x", 300)))
	assert.ErrorContains(t, err, "the grader needs a folder")
}
