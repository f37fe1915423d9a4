package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// repository is a folder that passes for the course's: the same module, its packages linked, no labs.
func repository(t *testing.T) string {
	t.Helper()
	here, err := filepath.Abs(root)
	require.NoError(t, err)
	dir := t.TempDir()
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(here, name))
		require.NoError(t, err)
		write(t, filepath.Join(dir, name), string(text))
	}
	require.NoError(t, os.MkdirAll(filepath.Join(here, ".lab"), 0o755))
	for _, name := range []string{"autograde", "coursekit", ".lab"} {
		require.NoError(t, os.Symlink(filepath.Join(here, name), filepath.Join(dir, name)))
	}
	return dir
}

var commandLine = regexp.MustCompile(`(?m)^(?:  \$ )?(autograde .*)$`)

// commands are the lines of a text that begin with autograde, as a shell would take them.
func commands(text string) (lines []string) {
	for _, m := range commandLine.FindAllStringSubmatch(text, -1) {
		lines = append(lines, m[1])
	}
	return lines
}

// TestWalkthrough runs what `autograde help walkthrough` tells an instructor to run, as it stands there, and what it promises must be there.
func TestWalkthrough(t *testing.T) {
	text, _, code := autograde(t, "help", "walkthrough")
	require.Zero(t, code)
	lines := commands(text)
	require.Len(t, lines, 10, "ten commands")

	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	require.NoError(t, err)
	_, section, found := strings.Cut(string(readme), "<!-- walkthrough -->")
	require.True(t, found)
	section, _, found = strings.Cut(section, "<!-- end of walkthrough -->")
	require.True(t, found)
	assert.Equal(t, lines, commands(section), "README.md shows the same commands")

	dir := repository(t)
	said := map[string]string{}
	for _, line := range lines {
		words := strings.Fields(line)
		cmd := command(t, words[1:]...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s\n%s", line, out)
		said[words[1]] = string(out)
	}
	assert.Contains(t, said["audit"], "The reference gets every point, the release none, and 2 wrong answers the stated verdicts.")
	assert.Contains(t, said["audit"], "with each of 3 seeds")
	assert.Contains(t, said["audit"], "1 equivalent, 0 survived; kill rate 100.0 %")
	assert.Contains(t, said["release"], "release/warmup: ")
	assert.Contains(t, said["check"], "public checks passed: 2 of 2")
	assert.Contains(t, said["replay"], "1 of 1 record confirmed")
	assert.Contains(t, said["grade"], "3 of them kept from before")
	assert.Contains(t, said["log"], "unchanged; the head is ")
	grades, err := os.ReadFile(filepath.Join(dir, "build", "warmup.csv"))
	require.NoError(t, err)
	for _, want := range []string{`ada,"Lovelace, Ada",.*,Accepted,10,10,10`, `grace,.*,Runtime Error,6,10,6`, `hopper,.*,Forbidden,0,10,0`} {
		assert.Regexp(t, want, string(grades))
	}
	released, err := os.ReadFile(filepath.Join(dir, "release", "warmup", "warmup.go"))
	require.NoError(t, err)
	assert.NotContains(t, string(released), "centred", "the control: the solution is not in the release")

	cmd := exec.Command("go", "vet", "./labs/warmup/...")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-tags=noxla -buildvcs=false", "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
}

func TestTopics(t *testing.T) {
	top, _, _ := autograde(t, "--help")
	for _, topic := range topics() {
		assert.Contains(t, top, "autograde "+topic.Name()+" ")
		text, _, code := autograde(t, "help", topic.Name())
		assert.Zero(t, code)
		assert.Contains(t, text, topic.Long)
		for _, line := range strings.Split(text, "\n") {
			assert.LessOrEqual(t, len([]rune(line)), 130, line)
		}
	}
	verdicts, _, _ := autograde(t, "help", "verdicts")
	for _, v := range []string{"Accepted", "Wrong Answer", "Compile Error", "Time Limit Exceeded", "Memory Limit Exceeded", "Output Limit Exceeded",
		"Runtime Error", "Forbidden", "Internal Error"} {
		assert.Contains(t, verdicts, "\n  "+v+" ")
	}
	_, stderr, code := autograde(t, "help", "nonsense")
	assert.Contains(t, stderr, "Unknown help topic")
	_ = code
}

// TestEveryCommandIsInTheMap: the package's first lines name each command.
func TestEveryCommandIsInTheMap(t *testing.T) {
	text, err := os.ReadFile("main.go")
	require.NoError(t, err)
	for _, c := range rootCommand().Commands() {
		if c.Runnable() && c.Name() != "help" {
			assert.Contains(t, string(text), "//	autograde "+c.Name()+" ", "say in main.go what it does")
		}
	}
}
