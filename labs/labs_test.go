package labs_test

import (
	"bytes"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"courselab/autograde/check"
	labpkg "courselab/autograde/lab"
)

var verdicts = []check.Verdict{check.Accepted, check.WrongAnswer, check.CompileError, check.TimeLimitExceeded,
	check.MemoryLimitExceeded, check.OutputLimitExceeded, check.RuntimeError, check.Forbidden}

// labs finds the folders of the labs from here.
func labs(t *testing.T) []string {
	t.Helper()
	specs, err := filepath.Glob("*/lab.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, specs)
	folders := []string{}
	for _, spec := range specs {
		folders = append(folders, filepath.Dir(spec))
	}
	return folders
}

// tasks reads the tasks of a lab and their points from lab.yaml.
func tasks(t *testing.T, lab string) map[string]float64 {
	t.Helper()
	var spec struct {
		Points float64
		Tasks  []struct {
			ID     string
			Points float64
		}
	}
	text, err := os.ReadFile(filepath.Join(lab, "lab.yaml"))
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(text, &spec))
	points, sum := map[string]float64{}, 0.0
	for _, task := range spec.Tasks {
		points[task.ID] = task.Points
		sum += task.Points
	}
	require.Equal(t, spec.Points, sum, "the tasks' points must add up to the lab's")
	return points
}

// TestWrongAnswers requires that every wrong answer states what is wrong with it and a verdict for each task, at least
// one of them not Accepted, and is Go in gofmt's form that differs from the reference.
func TestWrongAnswers(t *testing.T) {
	header := regexp.MustCompile(`(?m)^verdict: (\S+) (.+)$`)
	for _, lab := range labs(t) {
		points := tasks(t, lab)
		l, err := labpkg.Load(lab)
		require.NoError(t, err)
		reference, err := l.Reference()
		require.NoError(t, err)
		paths, err := filepath.Glob(filepath.Join(lab, "wrong", "*.txtar"))
		require.NoError(t, err)
		require.GreaterOrEqual(t, len(paths), 8)
		for _, path := range paths {
			archive, err := txtar.ParseFile(path)
			require.NoError(t, err)
			stated, failed := map[string]bool{}, false
			for _, match := range header.FindAllStringSubmatch(string(archive.Comment), -1) {
				assert.Contains(t, points, match[1], path)
				assert.Contains(t, verdicts, check.Verdict(match[2]), path)
				stated[match[1]] = true
				failed = failed || match[2] != string(check.Accepted)
			}
			assert.Len(t, stated, len(points), "%s: one verdict for each task", path)
			assert.True(t, failed, "%s: nothing is wrong with it", path)
			assert.False(t, strings.HasPrefix(string(archive.Comment), "verdict:"), "%s: say what is wrong first", path)
			require.NotEmpty(t, archive.Files, path)
			for _, file := range archive.Files {
				requireGo(t, path, file)
				require.Contains(t, reference, file.Name, "%s replaces a file that the lab does not have", path)
				assert.NotEqual(t, string(reference[file.Name]), string(file.Data), path)
			}
		}
	}
}

// TestSamples requires that every sample has an expected result for each task, within the task's points, and the other
// way round, and that its Go files are in gofmt's form.
func TestSamples(t *testing.T) {
	for _, lab := range labs(t) {
		points, expected := tasks(t, lab), expectedClass(t, lab)
		paths, err := filepath.Glob(filepath.Join(lab, "samples", "*"))
		require.NoError(t, err)
		require.Len(t, expected, len(paths))
		for _, path := range paths {
			student := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
			archive := &txtar.Archive{}
			if filepath.Ext(path) == ".txtar" { // of notebooks, expected.yaml says what is right or wrong
				archive, err = txtar.ParseFile(path)
				require.NoError(t, err)
				assert.NotEmpty(t, archive.Comment, "%s: say what is right or wrong with it", student)
			}
			want := expected[student]
			require.Len(t, want, len(points), "expected.yaml lacks %s, or some task", student)
			for id, most := range points {
				assert.Contains(t, want, id, student)
				assert.LessOrEqual(t, want[id].Points, most, student)
				assert.Contains(t, verdicts, want[id].Verdict, student)
				assert.Equal(t, want[id].Verdict == check.Accepted, want[id].Points == most,
					"%s, task %s: full points and Accepted go together", student, id)
			}
			for _, file := range archive.Files {
				if strings.HasSuffix(file.Name, ".go") && !bytes.Contains(file.Data, []byte("\t//go:")) {
					requireGo(t, student, file)
				}
			}
		}
	}
}

func requireGo(t *testing.T, from string, file txtar.File) {
	t.Helper()
	_, err := parser.ParseFile(token.NewFileSet(), file.Name, file.Data, parser.AllErrors)
	require.NoError(t, err, from)
	formatted, err := format.Source(file.Data)
	require.NoError(t, err, from)
	assert.Equal(t, string(formatted), string(file.Data), "%s: %s is not in gofmt's form", from, file.Name)
}
