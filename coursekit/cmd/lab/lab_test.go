package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/experiment"
)

// lab runs the command with arguments and returns what it wrote.
func lab(arguments ...string) (out, progress string, err error) {
	root := command(experiment.Find, experiment.Milestones)
	var stdout, stderr bytes.Buffer
	root.SetOut(&stdout)
	root.SetErr(&stderr)
	root.SetArgs(arguments)
	err = root.Execute()
	return stdout.String(), stderr.String(), err
}

func TestList(t *testing.T) {
	out, _, err := lab("list")
	require.NoError(t, err)
	for _, want := range []string{"M1", "M6", "1.000", "1/L!"} {
		assert.Contains(t, out, want)
	}
	out, _, err = lab("list", "--json")
	require.NoError(t, err)
	var entries []map[string]string
	require.NoError(t, json.Unmarshal([]byte(out), &entries))
	require.Len(t, entries, len(experiment.Milestones()))
	assert.Equal(t, "M1", entries[0]["id"])
}

func TestDoctor(t *testing.T) {
	t.Setenv("GOMLX_BACKEND", "go")
	out, _, err := lab("doctor")
	require.NoError(t, err)
	assert.Contains(t, out, "GOMLX_BACKEND=go")
	out, _, err = lab("doctor", "--json")
	require.NoError(t, err)
	var info map[string]any
	require.NoError(t, json.Unmarshal([]byte(out), &info))
	assert.Equal(t, "go", info["name"])

	t.Setenv("GOMLX_BACKEND", "abacus")
	_, _, err = lab("doctor")
	assert.ErrorContains(t, err, "abacus")
}

func TestRun(t *testing.T) {
	out, _, err := lab("run", "m1", "--backend", "go")
	require.NoError(t, err)
	assert.Contains(t, out, "M1 passed")

	out, _, err = lab("run", "M1", "--backend", "go", "--json")
	require.NoError(t, err)
	var results []experiment.Result
	require.NoError(t, json.Unmarshal([]byte(out), &results))
	require.Len(t, results, 1)
	assert.True(t, results[0].Passed())
	assert.Equal(t, "go", results[0].Backend.Name)
}

// TestMissedCheckIsAFailure runs a milestone that misses a check, and one that passes after it.
func TestMissedCheckIsAFailure(t *testing.T) {
	root := command(func(id string) (experiment.Milestone, error) {
		return experiment.Milestone{ID: id, Run: func(experiment.Options) (experiment.Result, error) {
			return experiment.Result{ID: id, Checks: []experiment.Check{{Name: "it works", Passed: id == "GOOD"}}}, nil
		}}, nil
	}, experiment.Milestones)
	var out bytes.Buffer
	root.SetOut(&out)
	root.SetArgs([]string{"run", "bad", "good"})
	err := root.Execute()
	require.ErrorIs(t, err, errMissed)
	assert.Contains(t, out.String(), "BAD FAILED")
	assert.Contains(t, out.String(), "GOOD passed")
	assert.Equal(t, 1, exitCode(err))
	assert.Equal(t, 0, exitCode(nil))
	assert.Equal(t, 2, exitCode(errors.New("no")))
}

func TestBadArguments(t *testing.T) {
	for want, arguments := range map[string][]string{
		`no milestone "M99"`:             {"run", "M1", "M99"},
		"requires at least 1 arg":        {"run"},
		"abacus":                         {"run", "M1", "--backend", "abacus"},
		`invalid argument "x" for "--se`: {"run", "M6", "--seeds", "x"},
		"unknown command":                {"dance"},
		"unknown flag":                   {"list", "--wide"},
	} {
		out, _, err := lab(arguments...)
		require.ErrorContains(t, err, want)
		assert.NotContains(t, oneLine(err), "\n")
		assert.Empty(t, out, "nothing is half done: %v", arguments)
	}
}

func TestFigures(t *testing.T) {
	result := experiment.Result{
		ID: "M6", Title: "Letters",
		Curves: []experiment.Curve{{Name: "loss", XLabel: "step", YLabel: "nats", X: []float64{1, 2, 3}, Y: []float64{3, 1, .1}}},
		Maps:   []experiment.Map{{Name: "head 1", Rows: []string{"a", "b"}, Columns: []string{"c", "d", "e"}, Weights: [][]float64{{.5, .25, .25}, {0, 1, 0}}}},
		Pictures: []experiment.Picture{{Name: "two", Columns: 2, Images: []experiment.Image{
			experiment.NewImage("grey", 1, 2, 1, []float32{0, 1}), experiment.NewImage("coloured", 1, 2, 3, []float32{0, 1, .5, 2, -1, 0}),
		}}},
		Points: []experiment.Points{{Name: "ring", XLabel: "x", YLabel: "y", Sets: []experiment.PointSet{{Name: "real", X: []float64{0, 1}, Y: []float64{1, 0}}}}},
		Checks: []experiment.Check{{Name: "x", Passed: true}},
	}
	result.Curves = append(result.Curves, experiment.Curve{Name: "score", XLabel: "length", YLabel: "share", X: []float64{1, 2}, Y: []float64{0, 1}})
	dir := filepath.Join(t.TempDir(), "new", "folder")
	names, err := writeFigures(result, dir)
	require.NoError(t, err)
	assert.Len(t, names, 2+2+1+1+1, "%v", names)
	for _, name := range names {
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		assert.NotEmpty(t, data, name)
		if filepath.Ext(name) == ".svg" {
			decoder := xml.NewDecoder(bytes.NewReader(data))
			for {
				_, err := decoder.Token()
				if errors.Is(err, io.EOF) {
					break
				}
				require.NoError(t, err, name)
			}
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o666))
	_, err = writeFigures(result, filepath.Join(file, "folder"))
	assert.Error(t, err)
}

const asLab = "COURSELAB_TEST_AS_LAB"

// TestMain lets the test binary be the command, to look at its exit code.
func TestMain(m *testing.M) {
	if os.Getenv(asLab) == "1" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestExitCodes(t *testing.T) {
	run := func(arguments ...string) (code int, stdout, stderr string) {
		command := exec.Command(os.Args[0], arguments...)
		command.Env = append(os.Environ(), asLab+"=1")
		var out, progress bytes.Buffer
		command.Stdout, command.Stderr = &out, &progress
		err := command.Run()
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return exit.ExitCode(), out.String(), progress.String()
		}
		require.NoError(t, err)
		return 0, out.String(), progress.String()
	}
	code, out, progress := run("run", "M1", "--backend", "go")
	assert.Equal(t, 0, code)
	assert.Contains(t, out, "M1 passed")
	assert.Empty(t, progress)

	code, out, progress = run("run", "M99")
	assert.Equal(t, 2, code)
	assert.Empty(t, out)
	assert.Regexp(t, "^lab: no milestone \"M99\": there are M1 .*; see `lab list`\n$", progress)
}
