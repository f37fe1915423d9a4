package grade

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/autograde/check"
	"courselab/autograde/intake"
	"courselab/autograde/lab"
	"courselab/autograde/mutant"
	"courselab/autograde/result"
	"courselab/autograde/sandbox"
)

func TestMain(m *testing.M) {
	Init()
	os.Exit(m.Run())
}

// engine prepares an engine of a lab; change may alter the lab first.
func engine(t *testing.T, dir string, change ...func(l *lab.Lab)) *Engine {
	t.Helper()
	s, err := sandbox.Open()
	require.NoError(t, err)
	return engineIn(t, s, dir, change...)
}

func engineIn(t *testing.T, s sandbox.Sandbox, dir string, change ...func(l *lab.Lab)) *Engine {
	t.Helper()
	l, err := lab.Load(dir)
	require.NoError(t, err)
	for _, f := range change {
		f(l)
	}
	contract, err := l.Contract()
	require.NoError(t, err)
	e, err := New(context.Background(), l, contract, Options{Sandbox: s, Hidden: true, State: State(l)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	return e
}

const tinyDir = "../testdata/labs/tiny"

// class grades submissions into a new folder.
func class(t *testing.T, e *Engine, list []intake.Submission) (result.Folder, *result.Class) {
	t.Helper()
	out := result.Folder(t.TempDir())
	c, err := (&Batch{Engine: e, Out: out, Jobs: 2}).Run(context.Background(), list)
	require.NoError(t, err)
	require.Equal(t, len(list), c.Count)
	return out, c
}

// TestSampleClass grades the class that comes with lab 1: every student gets the points and verdicts that the lab's author
// wrote down, task by task.
func TestSampleClass(t *testing.T) {
	e := engine(t, "../../labs/lab1-attention")
	text, err := os.ReadFile(filepath.Join(e.Lab.Dir, "testdata", "expected.yaml"))
	require.NoError(t, err)
	var expected map[string]map[string]struct {
		Points  float64
		Verdict check.Verdict
	}
	require.NoError(t, yaml.Unmarshal(text, &expected))
	list, _, err := intake.List(filepath.Join(e.Lab.Dir, "samples"))
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(list), 20)
	require.Equal(t, len(expected), len(list))
	start := time.Now()
	out, c := class(t, e, list)
	for _, s := range list {
		r := out.Load(s.Name)
		require.NotNil(t, r, s.Name)
		require.NotNil(t, expected[s.Name], s.Name)
		for _, task := range r.Tasks {
			want := expected[s.Name][task.ID]
			assert.Equal(t, want.Verdict, task.Verdict, "%s, %s: %+v", s.Name, task.ID, task.Checks)
			assert.InDelta(t, want.Points, task.Points, 0.006, "%s, %s", s.Name, task.ID)
		}
	}
	assert.Empty(t, c.NeedLook)
	nothingRuns(t, e)
	t.Logf("%d submissions in %.1f s with %d jobs; median of one: %.2f s, %.2f s of processor time", len(list), time.Since(start).Seconds(), c.Jobs, c.PerSeconds, c.CPUSeconds)
}

// nothingRuns requires that no process of a submission is left: each sees its worker mounted from the engine's folder.
func nothingRuns(t *testing.T, e *Engine) {
	t.Helper()
	paths, err := filepath.Glob("/proc/[0-9]*/mountinfo")
	require.NoError(t, err)
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err == nil {
			assert.NotContains(t, string(text), filepath.Base(e.scratch.path), "%s still runs", filepath.Dir(path))
		}
	}
}

func TestAuditOfTheTinyLab(t *testing.T) {
	e := engine(t, tinyDir)
	trials, err := e.Audit(context.Background(), 2, func(done, total int, _ *Trial) { assert.LessOrEqual(t, done, total) })
	require.NoError(t, err)
	require.Len(t, trials, 5)
	for _, trial := range trials {
		assert.Empty(t, trial.Wrong, trial.Name)
	}
	assert.Equal(t, 10.0, trials[0].Got.Score)
	assert.Equal(t, 0.0, trials[1].Got.Score)
}

func TestAuditFindsWhatIsNotAsStated(t *testing.T) {
	for name, c := range map[string]struct {
		want map[string]check.Verdict
		got  result.Task
		bad  bool
	}{
		"as stated":              {map[string]check.Verdict{"x": check.WrongAnswer}, result.Task{ID: "x", Verdict: check.WrongAnswer}, false},
		"another verdict":        {map[string]check.Verdict{"x": check.WrongAnswer}, result.Task{ID: "x", Verdict: check.RuntimeError}, true},
		"passes":                 {map[string]check.Verdict{"x": check.WrongAnswer}, result.Task{ID: "x", Verdict: check.Accepted, Points: 5, Max: 5}, true},
		"accepted, not complete": {map[string]check.Verdict{"x": check.Accepted}, result.Task{ID: "x", Verdict: check.Accepted, Points: 4, Max: 5}, true},
		"release with a point":   {nil, result.Task{ID: "x", Verdict: check.RuntimeError, Points: 1, Max: 5}, true},
		"release without":        {nil, result.Task{ID: "x", Verdict: check.RuntimeError, Max: 5}, false},
		"trouble":                {nil, result.Task{ID: "x", Verdict: check.InternalError, Max: 5}, true},
	} {
		t.Run(name, func(t *testing.T) {
			trial := &Trial{Want: c.want, Got: &result.Submission{Tasks: []result.Task{c.got}}}
			trial.judge()
			assert.Equal(t, c.bad, len(trial.Wrong) > 0, trial.Wrong)
		})
	}
	l, err := lab.Load(tinyDir)
	require.NoError(t, err)
	for text, want := range map[string]string{
		"verdict: scale Wrong Answer\n": "does not state its verdict for task mean",
		"verdict: * Accepted\n":         "is not wrong",
		"verdict: scale Nonsense\n":     `"Nonsense" is no verdict`,
		"verdict: other Accepted\n":     `there is no task "other"`,
		"":                              "does not state its verdict for task scale",
		"verdict: * Accepted\nverdict: mean Internal Error\n": `"Internal Error" is no verdict`,
	} {
		_, err := stated(l, "w", []byte(text))
		assert.ErrorContains(t, err, want)
	}
	got, err := stated(l, "w", []byte("text\nverdict: * Forbidden\nverdict: mean Accepted\n"))
	require.NoError(t, err)
	assert.Equal(t, map[string]check.Verdict{"scale": check.Forbidden, "mean": check.Accepted}, got)
}

func TestSeedsDifferAndReplayGivesTheSame(t *testing.T) {
	seen := map[uint64]bool{}
	for range 1000 {
		seed := Seed()
		assert.Less(t, seed, uint64(1)<<53)
		seen[seed] = true
	}
	assert.Len(t, seen, 1000)
	e := engine(t, tinyDir)
	files := reference(t, e.Lab)
	a := e.Files(context.Background(), "a", files, 7)
	b := e.Files(context.Background(), "b", files, 7)
	for _, r := range []*result.Submission{a, b} {
		assert.Equal(t, 10.0, r.Score)
		assert.Equal(t, uint64(7), r.Seed)
		assert.Equal(t, uint64(7), r.Tasks[0].Checks[0].Seed)
	}
	assert.Equal(t, a.Key, b.Key)
	assert.NotEqual(t, a.Key, e.Key("other"))
}

func reference(t *testing.T, l *lab.Lab) *intake.Files {
	t.Helper()
	names, err := l.Sources()
	require.NoError(t, err)
	files := &intake.Files{Sources: map[string][]byte{}, Hash: "reference"}
	for _, name := range names {
		files.Sources[name], err = os.ReadFile(filepath.Join(l.Dir, name))
		require.NoError(t, err)
	}
	return files
}

// submissions writes one folder for each source.
func submissions(t *testing.T, sources map[string]string) []intake.Submission {
	t.Helper()
	dir := t.TempDir()
	for name, text := range sources {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, name), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name, "tiny.go"), []byte(text), 0o644))
	}
	list, _, err := intake.List(dir)
	require.NoError(t, err)
	return list
}

func right(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(tinyDir, "tiny.go"))
	require.NoError(t, err)
	return string(text)
}

// TestBatchGoesOnWhereItWas: what is graded is kept, what changed or was lost is graded again, and only that.
func TestBatchGoesOnWhereItWas(t *testing.T) {
	e := engine(t, tinyDir)
	list := submissions(t, map[string]string{"ada": right(t), "bob": right(t) + "\n// mine\n", "cleo": "package tiny\n", "dan": right(t)})
	out := result.Folder(t.TempDir())
	var mu sync.Mutex
	var kept, graded []string
	run := func(ctx context.Context, fresh bool, on func(Event)) error {
		kept, graded = nil, nil
		_, err := (&Batch{Engine: e, Out: out, Jobs: 2, Fresh: fresh, On: func(ev Event) {
			mu.Lock()
			defer mu.Unlock()
			switch {
			case ev.Event != "submission":
			case ev.Kept:
				kept = append(kept, ev.Student)
			default:
				graded = append(graded, ev.Student)
			}
			if on != nil {
				on(ev)
			}
		}}).Run(ctx, list)
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	err := run(ctx, false, func(ev Event) {
		if ev.Event == "submission" {
			cancel()
		}
	})
	require.ErrorContains(t, err, "run the same command again to go on")
	first := len(graded)
	require.NotZero(t, first)
	_, err = os.Stat(filepath.Join(string(out), "grades.csv"))
	assert.ErrorIs(t, err, os.ErrNotExist, "no grades of half a class")

	require.NoError(t, run(context.Background(), false, nil))
	assert.Len(t, kept, first)
	assert.Len(t, graded, 4-first)
	seed := out.Load("ada").Seed

	require.NoError(t, run(context.Background(), false, nil))
	assert.Len(t, kept, 4)
	assert.Equal(t, seed, out.Load("ada").Seed)

	require.NoError(t, os.WriteFile(filepath.Join(list[1].Path, "tiny.go"), []byte(right(t)+"\n// changed\n"), 0o644))
	require.NoError(t, os.Remove(filepath.Join(out.Student("dan"), "feedback.html")))
	require.NoError(t, run(context.Background(), false, nil))
	assert.ElementsMatch(t, []string{"bob", "dan"}, graded)

	require.NoError(t, run(context.Background(), true, nil))
	assert.Len(t, graded, 4)
	assert.NotEqual(t, seed, out.Load("ada").Seed)
}

// broken is a sandbox that fails, or panics, when it is asked to run a worker for the n-th time.
type broken struct {
	sandbox.Sandbox
	mu     sync.Mutex
	panics bool
	left   int
}

func (b *broken) Start(ctx context.Context, spec sandbox.Spec) (sandbox.Process, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if spec.Argv[0] == "/worker" {
		if b.left--; b.left == 0 {
			if b.panics {
				panic("the sandbox is broken")
			}
			return nil, os.ErrPermission
		}
	}
	return b.Sandbox.Start(ctx, spec)
}

// TestTroubleOfTheGraderIsNobodysFault: it is an internal error of one submission, never a pass, and the next run mends it.
func TestTroubleOfTheGraderIsNobodysFault(t *testing.T) {
	inner, err := sandbox.Open()
	require.NoError(t, err)
	for _, panics := range []bool{false, true} {
		b := &broken{Sandbox: inner, panics: panics, left: 3}
		e := engineIn(t, b, tinyDir)
		list := submissions(t, map[string]string{"ada": right(t), "bob": right(t), "cleo": right(t)})
		out := result.Folder(t.TempDir())
		batch := &Batch{Engine: e, Out: out, Jobs: 1}
		c, err := batch.Run(context.Background(), list)
		require.NoError(t, err)
		assert.Equal(t, []string{"bob"}, c.NeedLook)
		bob := out.Load("bob")
		assert.Equal(t, check.InternalError, bob.Verdict)
		assert.Less(t, bob.Score, bob.Max)
		assert.Equal(t, 10.0, out.Load("cleo").Score)
		page, err := os.ReadFile(filepath.Join(out.Student("bob"), "feedback.html"))
		require.NoError(t, err)
		assert.Contains(t, string(page), "graded again")
		assert.NotContains(t, string(page), "sandbox is broken")

		c, err = batch.Run(context.Background(), list)
		require.NoError(t, err)
		assert.Empty(t, c.NeedLook)
		assert.Equal(t, 2, c.Kept)
		assert.Equal(t, 10.0, out.Load("bob").Score)
	}
}

// TestVerdictsMustBeComplete: a checks process that says too little, too much or something else is no pass.
func TestVerdictsMustBeComplete(t *testing.T) {
	e := engine(t, tinyDir)
	good := func() []check.Record {
		var records []check.Record
		for _, r := range e.Checks.List {
			if r.Task == "mean" {
				r.Verdict, r.Fraction = check.Accepted, 1
				records = append(records, r)
			}
		}
		return records
	}
	all := result.Task{Max: 4, Checks: e.complete("mean", good(), false, 1)}
	all.Settle()
	assert.Equal(t, 4.0, all.Points, "the control")
	for name, spoil := range map[string]func([]check.Record) []check.Record{
		"nothing":       func([]check.Record) []check.Record { return nil },
		"one missing":   func(r []check.Record) []check.Record { return r[1:] },
		"other task":    func(r []check.Record) []check.Record { r[0].Task = "scale"; return r },
		"other weight":  func(r []check.Record) []check.Record { r[0].Points = 100; return r },
		"made public":   func(r []check.Record) []check.Record { r[1].Hidden = false; return r },
		"no verdict":    func(r []check.Record) []check.Record { r[0].Verdict = ""; return r },
		"other checks":  func(r []check.Record) []check.Record { r[0].Check = "new"; return r },
		"bonus":         func(r []check.Record) []check.Record { r[0].Fraction = 7; return r },
		"bonus in vain": func(r []check.Record) []check.Record { r[0].Verdict, r[0].Fraction = check.WrongAnswer, 1; return r },
	} {
		task := result.Task{Max: 4, Checks: e.complete("mean", spoil(good()), false, 1)}
		task.Settle()
		assert.Less(t, task.Points, 4.0, name)
		assert.Len(t, task.Checks, 3, name)
	}
}

// TestMutantsOfTheTinyLab: the checks notice what a student would get wrong; what returns another value beside an error is not looked at,
// and survives until the author says that it may.
func TestMutantsOfTheTinyLab(t *testing.T) {
	e := engine(t, tinyDir)
	none := func(int, int, *MutantTrial) {}
	report, err := e.Mutants(context.Background(), 2, 0, none)
	require.NoError(t, err)
	assert.Len(t, report.Trials, report.Generated)
	assert.Greater(t, report.Killed, 6)
	survivors := report.Survivors()
	require.Len(t, survivors, 1)
	assert.Equal(t, "Mean: off by one: 0 → 1 (2)", survivors[0].ID)
	assert.InDelta(t, float64(report.Killed)/float64(report.Killed+1), report.KillRate(), 1e-12)

	sample, err := e.Mutants(context.Background(), 2, 3, none)
	require.NoError(t, err)
	assert.Len(t, sample.Trials, 3)
	assert.Equal(t, report.Trials[0].ID, sample.Trials[0].ID)
}

func TestDeclaredEquivalents(t *testing.T) {
	dir := t.TempDir()
	l := &lab.Lab{Spec: lab.Spec{ID: "tiny"}, Dir: dir}
	all := []mutant.Mutant{{ID: "F: off by one: 0 → 1"}}
	equivalent, err := declared(l, all)
	require.NoError(t, err)
	assert.Empty(t, equivalent)
	for text, want := range map[string]string{
		`"F: off by one: 0 → 1": ""`:     "does not say why",
		`"F: off by one: 0 → 2": reason`: "which is no mutant of the reference: take it out",
		`[`:                              "equivalent.yaml of lab tiny",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, lab.EquivalentFile), []byte(text), 0o600))
		_, err := declared(l, all)
		assert.ErrorContains(t, err, want)
	}
	report := &MutantReport{Trials: []MutantTrial{{Killed: true}, {Equivalent: "x"}, {Trouble: "x"}, {}}}
	require.NoError(t, report.count())
	assert.InDelta(t, 0.5, report.KillRate(), 1e-12, "one of the two that count")
	report.Trials[0].Equivalent = "it is not"
	assert.ErrorContains(t, report.count(), "changes nothing, but task", "the list must be true")
}
