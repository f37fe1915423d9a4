package gradescope

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/autograde/lab"
	"courselab/autograde/result"
)

func tiny(t *testing.T) *lab.Lab {
	t.Helper()
	l, err := lab.Load("../testdata/labs/tiny")
	require.NoError(t, err)
	return l
}

// unpacked is a folder like Gradescope's /autograder, with the zip of a lab in source.
func unpacked(t *testing.T, l *lab.Lab, options Options) string {
	t.Helper()
	var archive bytes.Buffer
	names, err := Write(t.Context(), l, options, &archive)
	require.NoError(t, err)
	reader, err := zip.NewReader(bytes.NewReader(archive.Bytes()), int64(archive.Len()))
	require.NoError(t, err)
	require.Len(t, reader.File, len(names))
	place := t.TempDir()
	for _, f := range reader.File {
		path := filepath.Join(place, "source", filepath.FromSlash(f.Name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		from, err := f.Open()
		require.NoError(t, err)
		text, err := io.ReadAll(from)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path, text, f.Mode()))
	}
	require.NoError(t, os.MkdirAll(filepath.Join(place, "results"), 0o755))
	return place
}

// script runs one, with the machine's Go and modules but without the network.
func script(t *testing.T, path string) (string, error) {
	t.Helper()
	cmd := exec.Command(path)
	cmd.Dir = filepath.Dir(path)
	cmd.Env = append(os.Environ(), "GOPROXY=off")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// handIn makes text the file tiny.go of a submission, below a folder of it.
func handIn(t *testing.T, place, folder, text string) {
	t.Helper()
	require.NoError(t, os.RemoveAll(filepath.Join(place, "submission")))
	path := filepath.Join(place, "submission", folder, "tiny.go")
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
}

func results(t *testing.T, place string) *result.Gradescope {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(place, "results", "results.json"))
	require.NoError(t, err)
	g := &result.Gradescope{}
	require.NoError(t, json.Unmarshal(text, g))
	return g
}

// TestOnGradescopesTree goes the way of a zip: unpacked into source, set up, and run for several submissions as Gradescope runs it.
func TestOnGradescopesTree(t *testing.T) {
	l := tiny(t)
	place := unpacked(t, l, Options{})
	out, err := script(t, filepath.Join(place, "source", "setup.sh"))
	require.NoError(t, err, out)
	assert.Contains(t, out, "bubblewrap")

	// Gradescope copies run_autograder beside source.
	text, err := os.ReadFile(filepath.Join(place, "source", "run_autograder"))
	require.NoError(t, err)
	run := filepath.Join(place, "run_autograder")
	require.NoError(t, os.WriteFile(run, text, 0o755))

	reference, err := l.Reference()
	require.NoError(t, err)
	right := string(reference["tiny.go"])
	for name, c := range map[string]struct {
		folder, text string
		full         bool
	}{
		"right":             {"", right, true},
		"right in a folder": {"lab", right, true},
		"wrong":             {"", "package tiny\n", false},
		"no Go":             {"", strings.ReplaceAll(right, "package", "packet"), false},
	} {
		handIn(t, place, c.folder, c.text)
		out, err := script(t, run)
		require.NoError(t, err, "%s: %s", name, out)
		g := results(t, place)
		assert.Equal(t, c.full, g.Score == l.Points, "%s: %v of %v points: %s", name, g.Score, l.Points, g.Output)
		assert.NotEmpty(t, g.Output, name)
	}

	// Nothing handed in is a zero that says why; a grader that is broken is nobody's zero.
	require.NoError(t, os.RemoveAll(filepath.Join(place, "submission")))
	require.NoError(t, os.Mkdir(filepath.Join(place, "submission"), 0o755))
	out, err = script(t, run)
	require.NoError(t, err, out)
	assert.Zero(t, results(t, place).Score)
	require.NoError(t, os.Remove(filepath.Join(place, "source", "autograde.bin")))
	_, err = script(t, run)
	require.Error(t, err)
	assert.NoFileExists(t, filepath.Join(place, "results", "results.json"))
}

// TestContents: what grading needs, and nothing of the class, of other labs or of the wrong answers.
func TestContents(t *testing.T) {
	l := tiny(t)
	var one, two bytes.Buffer
	names, err := Write(t.Context(), l, Options{}, &one)
	require.NoError(t, err)
	_, err = Write(t.Context(), l, Options{}, &two)
	require.NoError(t, err)
	assert.Equal(t, one.Bytes(), two.Bytes(), "the same lab makes the same zip")
	for _, name := range []string{"setup.sh", "run_autograder", "go.mod", "go.sum", "autograde/testdata/labs/tiny/lab.yaml", "autograde/sandbox/launcher_linux.go"} {
		assert.Contains(t, names, name)
	}
	assert.True(t, slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(name, "autograde/testdata/labs/tiny/hidden/") }))
	for _, name := range names {
		assert.NotContains(t, name, "tiny/wrong/")
		assert.False(t, strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "labs/") || strings.HasPrefix(name, "coursekit/"), name)
	}
}

// TestTrust: only the flag lets a script do without a sandbox.
func TestTrust(t *testing.T) {
	for _, trust := range []bool{false, true} {
		for name, text := range map[string]string{"setup.sh": setup, "run_autograder": run} {
			filled, err := fill(tiny(t), Options{Trust: trust}, name, text)
			require.NoError(t, err)
			assert.Equal(t, trust, bytes.Contains(filled, []byte("--i-trust-these-students")), name)
			out, err := exec.Command("bash", "-n", "-c", string(filled)).CombinedOutput()
			require.NoError(t, err, string(out))
		}
	}
}
