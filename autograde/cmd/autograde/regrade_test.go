package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/autograde/check"
	"courselab/autograde/grade"
	"courselab/autograde/result"
)

// tinyCopy copies the tiny lab to a folder of the repository that git ignores.
func tinyCopy(t *testing.T) string {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Join(root, "release"), 0o755))
	base, err := os.MkdirTemp(filepath.Join(root, "release"), "test")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(base)) })
	dir, err := filepath.Abs(filepath.Join(base, "tiny"))
	require.NoError(t, err)
	require.NoError(t, os.CopyFS(dir, os.DirFS(filepath.Join(root, tiny))))
	return dir
}

// edit replaces text in a file, once.
func edit(t *testing.T, path, old, new string) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Contains(t, string(text), old)
	require.NoError(t, os.WriteFile(path, []byte(strings.Replace(string(text), old, new, 1)), 0o644))
}

// TestGradingAgain is the life of a class whose checks are mended: what changed is graded again with the same seeds, who moves is
// listed with the reason, and a grade becomes lower only when somebody says so.
func TestGradingAgain(t *testing.T) {
	dir := tinyCopy(t)
	class := t.TempDir()
	write(t, filepath.Join(class, "ada", "tiny.go"), right(t))
	bob := write(t, filepath.Join(class, "bob", "tiny.go"), strings.Replace(right(t), "len(values) == 0", "len(values) < 0", 1))
	write(t, filepath.Join(class, "cleo", "tiny.go"), strings.Replace(right(t), "byFactor := ", "if factor > 2 {\n\t\treturn x\n\t}\n\tbyFactor := ", 1))
	out := filepath.Join(t.TempDir(), "grades")
	folder := result.Folder(out)
	summary := func() *result.Class { return folder.Class() }
	again := func(args ...string) (stdout, stderr string, code int) {
		return autograde(t, append([]string{"grade", dir, class, "-o", out}, args...)...)
	}
	stdout, stderr, code := again()
	require.Zero(t, code, stderr)
	assert.NotContains(t, stdout, "moved", "there is nothing before the first time")
	first := folder.Load("bob")
	assert.Equal(t, []float64{10, 9, 6}, scores(folder), "of mean, one point of four is for the empty list; cleo fails the hidden check of scale, 4 of 6 points")
	seeds := map[uint64]bool{}
	for _, name := range folder.Students() {
		seeds[folder.Load(name).Seed] = true
	}
	assert.Len(t, seeds, 3, "a seed for each student")

	_, stderr, code = autograde(t, "replay", dir, class, out)
	assert.Zero(t, code, stderr)

	// A check was unfair, and is taken out; its points go to another. Only upwards, so all is taken over.
	edit(t, filepath.Join(dir, "hidden", "suite.go"), "t.Rejects(\"Mean\", []float64{})", "_ = 0")
	stdout, stderr, code = again()
	require.Zero(t, code, stderr)
	assert.Regexp(t, `bob +9 +10 +\+1 +mean 3 → 4 +the checks: [0-9a-f]{12} before, [0-9a-f]{12} now +10 `, stdout)
	assert.Equal(t, []float64{10, 10, 6}, scores(folder))
	require.Len(t, summary().Moves, 1, "whose grade did not move is not listed")
	assert.Equal(t, first.Seed, folder.Load("bob").Seed, "the same work is asked the same questions")
	require.Len(t, folder.Load("bob").History, 1)
	assert.Equal(t, 9.0, folder.Load("bob").History[0].Score)

	stdout, _, code = again()
	require.Zero(t, code)
	assert.Contains(t, stdout, "3 of them kept from before")
	assert.NotContains(t, stdout, "moved")
	assert.Empty(t, summary().Moves)

	// Another check becomes harder: bob's grade would fall.
	edit(t, filepath.Join(dir, "hidden", "suite.go"), "_ = 0", "t.Rejects(\"Mean\", []float64{})")
	for range 2 { // whenever it is run
		stdout, stderr, code = again()
		assert.Equal(t, int(exitLook), code)
		assert.Regexp(t, `bob +10 +9 +-1 +mean 4 → 3 Wrong Answer +the checks: .* 10, held`, stdout)
		assert.Contains(t, stderr, "lower grades are held back, and the old ones stand, for bob; to take one over, run again with --accept-lower NAME")
		assert.Equal(t, []float64{10, 10, 6}, scores(folder))
		text, err := os.ReadFile(filepath.Join(out, "grades.csv"))
		require.NoError(t, err)
		assert.Contains(t, string(text), "bob,Accepted,10,")
	}
	_, stderr, code = again("--accept-lower", "rob")
	assert.Equal(t, 2, code)
	assert.Contains(t, stderr, "there is no submission of that name")
	_, _, code = again("--accept-lower", "ada")
	assert.Equal(t, int(exitLook), code, "that was another")
	stdout, stderr, code = again("--accept-lower", "bob")
	require.Zero(t, code, stderr)
	assert.Contains(t, stdout, "mean 4 → 3 Wrong Answer")
	assert.Equal(t, []float64{10, 9, 6}, scores(folder))
	assert.NoFileExists(t, folder.Held("bob"))

	// A student hands in something worse, another is gone, and the time limit changes.
	write(t, bob, "package tiny\n")
	require.NoError(t, os.RemoveAll(filepath.Join(class, "cleo")))
	edit(t, filepath.Join(dir, "lab.yaml"), "wall: 10s", "wall: 9s")
	stdout, _, code = again("--json")
	assert.Equal(t, int(exitLook), code)
	events := map[string]grade.Event{}
	for _, line := range strings.Split(strings.TrimSpace(stdout), "\n") {
		var ev grade.Event
		require.NoError(t, json.Unmarshal([]byte(line), &ev))
		events[ev.Event+ev.Student] = ev
	}
	require.NotNil(t, events["submissionbob"].Move)
	assert.True(t, events["submissionbob"].Move.Held)
	assert.Equal(t, 9.0, events["submissionbob"].Score, "what stands")
	assert.Contains(t, strings.Join(events["submissionbob"].Move.Why, ";"), "the submission: ")
	assert.Contains(t, strings.Join(events["submissionbob"].Move.Why, ";"), "the limits: 10s,")
	assert.Nil(t, events["submissionada"].Move)
	assert.Equal(t, []string{"cleo"}, summary().Gone)
	text, err := os.ReadFile(filepath.Join(out, "changes.csv"))
	require.NoError(t, err)
	assert.Equal(t, 1+1+1+2, strings.Count(string(text), "\n"), "up, down, and both tasks of what is held:\n%s", text)
}

// scores are those of grades.csv's students, as recorded.
func scores(f result.Folder) []float64 {
	var all []float64
	for _, name := range f.Students() {
		all = append(all, f.Load(name).Score)
	}
	return all
}

// TestReplay: a record is confirmed, unless the submission, the checks or the record itself have been changed: then it says what differs.
func TestReplay(t *testing.T) {
	dir := tinyCopy(t)
	class := t.TempDir()
	write(t, filepath.Join(class, "ada", "tiny.go"), right(t))
	bob := write(t, filepath.Join(class, "bob", "tiny.go"), strings.Replace(right(t), "Mul(x, byFactor)", "Add(x, byFactor)", 1))
	write(t, filepath.Join(class, "cleo", "notes.txt"), "none")
	out := filepath.Join(t.TempDir(), "grades")
	_, stderr, code := autograde(t, "grade", dir, class, "-o", out)
	require.Zero(t, code, stderr)
	before, err := os.ReadFile(result.Folder(out).Record("bob"))
	require.NoError(t, err)

	stdout, stderr, code := autograde(t, "replay", dir, class, out)
	assert.Zero(t, code, stderr)
	assert.Contains(t, stdout, "3 of 3 records confirmed")
	after, err := os.ReadFile(result.Folder(out).Record("bob"))
	require.NoError(t, err)
	assert.Equal(t, before, after, "nothing is written")

	stdout, _, code = autograde(t, "replay", dir, class, out, "bob", "--json")
	require.Zero(t, code)
	var replays []grade.Replay
	require.NoError(t, json.Unmarshal([]byte(stdout), &replays))
	require.Len(t, replays, 1)
	assert.Equal(t, replays[0].Recorded.Seed, replays[0].Now.Seed)
	assert.Equal(t, staff(replays[0].Recorded), staff(replays[0].Now), "to the last digit that a wrong answer got")

	// Somebody has been at the record.
	edit(t, result.Folder(out).Record("bob"), "\"verdict\": \"Wrong Answer\"", "\"verdict\": \"Accepted\"")
	stdout, _, code = autograde(t, "replay", dir, class, out, "bob")
	assert.Equal(t, 1, code)
	assert.Contains(t, stdout, "ANOTHER")
	require.NoError(t, os.WriteFile(result.Folder(out).Record("bob"), before, 0o600))

	write(t, bob, right(t))
	stdout, _, code = autograde(t, "replay", dir, class, out, "bob")
	assert.Equal(t, 1, code)
	assert.Regexp(t, `ANOTHER: scale 0 → 6.*the submission: [0-9a-f]{12} before, [0-9a-f]{12} now`, stdout)

	edit(t, filepath.Join(dir, "public", "suite.go"), "1e-12", "1e-11")
	stdout, _, code = autograde(t, "replay", dir, class, out, "ada")
	assert.Equal(t, 1, code, "the same outcome, but not from the same checks")
	assert.Regexp(t, `the same +the checks: [0-9a-f]{12} before, [0-9a-f]{12} now`, stdout)
	assert.Contains(t, stdout, "0 of 1 record confirmed")

	_, stderr, code = autograde(t, "replay", dir, class, out, "dan")
	assert.Equal(t, 1, code)
	assert.Contains(t, stderr, "dan has no record in")
	_, stderr, code = autograde(t, "replay", dir, class, t.TempDir())
	assert.Equal(t, 1, code)
	assert.Contains(t, stderr, "there are no records in")
}

// staff is all that the checks of a record say.
func staff(s *result.Submission) (all []string) {
	for _, task := range s.Tasks {
		for _, c := range task.Checks {
			if c.Verdict != check.Accepted {
				all = append(all, c.Check, string(c.Verdict), c.Message, c.Got, c.Want, c.Staff)
			}
		}
	}
	return all
}

// TestAnotherLabIsNotMixedIn: results of two labs in one folder would overwrite each other.
func TestAnotherLabIsNotMixedIn(t *testing.T) {
	out := filepath.Join(t.TempDir(), "grades")
	require.NoError(t, os.MkdirAll(filepath.Join(out, "records"), 0o700))
	write(t, result.Folder(out).Record("ada"), `{"student": "ada", "lab": "other"}`)
	class := t.TempDir()
	write(t, filepath.Join(class, "ada", "tiny.go"), right(t))
	_, stderr, code := autograde(t, "grade", tiny, class, "-o", out)
	assert.Equal(t, 1, code)
	assert.Contains(t, stderr, "holds grades of other: give another folder for those of tiny with -o")
}
