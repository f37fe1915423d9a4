package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// counted is a step that writes its product and counts how often it is run.
func counted(product string, inputs *string, runs *int, fail *error) step {
	return step{
		name: "made", title: "Making", product: product,
		inputs: func() (string, error) { return *inputs, nil },
		run: func(context.Context, *log) error {
			*runs++
			if *fail != nil {
				return *fail
			}
			return os.WriteFile(product, []byte("product"), 0o644)
		},
	}
}

func TestStepRunsAgainOnlyIfSomethingChanged(t *testing.T) {
	p := place{t.TempDir()}
	product := filepath.Join(p.root, "product")
	inputs, runs, fail := "one", 0, error(nil)
	list := []step{counted(product, &inputs, &runs, &fail)}
	try := func() (int, string, error) {
		var out bytes.Buffer
		done, err := p.steps(t.Context(), list, nil, &out)
		return done, out.String(), err
	}

	done, out, err := try()
	require.NoError(t, err)
	assert.Equal(t, 1, done)
	assert.Regexp(t, `^\[1/1\] Making \.\.\. \d\.\d s\n$`, out)

	done, out, err = try()
	require.NoError(t, err)
	assert.Zero(t, done, "nothing changed")
	assert.Empty(t, out)

	inputs = "two"
	done, _, err = try()
	require.NoError(t, err)
	assert.Equal(t, 1, done, "its inputs changed")

	require.NoError(t, os.Remove(product))
	done, _, err = try()
	require.NoError(t, err)
	assert.Equal(t, 1, done, "its product is gone")
	assert.Equal(t, 3, runs)

	// A failed run takes the old stamp away: with the old inputs, the step must run, as its product may be half made.
	inputs, fail = "three", errors.New("no disk")
	_, out, err = try()
	require.EqualError(t, err, "Making: no disk")
	assert.Contains(t, out, "failed")
	inputs, fail = "two", nil
	done, _, err = try()
	require.NoError(t, err)
	assert.Equal(t, 1, done)
}

func TestOptionalStepFailsWithoutStoppingTheRest(t *testing.T) {
	p := place{t.TempDir()}
	inputs, first, second, fail, fine := "", 0, 0, errors.New("no luck"), error(nil)
	a := counted(filepath.Join(p.root, "a"), &inputs, &first, &fail)
	a.optional = true
	b := counted(filepath.Join(p.root, "b"), &inputs, &second, &fine)
	b.name = "other"
	for range 2 {
		var out bytes.Buffer
		_, err := p.steps(t.Context(), []step{a, b}, nil, &out)
		require.NoError(t, err)
		assert.Contains(t, out.String(), "going on without: no luck")
	}
	assert.Equal(t, 2, first, "tried each time")
	assert.Equal(t, 1, second)
}

func TestCommandNamesTheReason(t *testing.T) {
	p := place{t.TempDir()}
	var out bytes.Buffer
	l := &log{&out, "setup.log", nil}
	err := command(t.Context(), l, p.root, nil, "/bin/sh", "-c", "echo first; echo 'ERROR: no such wheel'; echo; echo 'a notice' ; exit 3")
	require.EqualError(t, err, "ERROR: no such wheel; the whole story is in setup.log")
	assert.Contains(t, out.String(), "first\n")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorContains(t, command(ctx, l, p.root, nil, "/bin/sh", "-c", "true"), "interrupted")
}

func TestReason(t *testing.T) {
	assert.Equal(t, "last", reason("first\nlast\n\n", errors.New("exit status 1")))
	assert.Equal(t, "E: Unable to locate package", reason("Reading...\nE: Unable to locate package\n", errors.New("exit status 100")))
	assert.Equal(t, "exit status 1", reason("\n", errors.New("exit status 1")))
}

// TestLockIsInherited: a set-up that is killed may leave pip running, which must not meet the next set-up's pip.
func TestLockIsInherited(t *testing.T) {
	p := place{t.TempDir()}
	held, err := p.lock(os.Stderr)
	require.NoError(t, err)
	left := exec.Command("/bin/sleep", "100")
	left.ExtraFiles = []*os.File{held}
	require.NoError(t, left.Start())
	require.NoError(t, held.Close()) // as when its process is killed

	waiting := make(chan *os.File, 1)
	var out bytes.Buffer
	go func() {
		next, _ := p.lock(&out)
		waiting <- next
	}()
	select {
	case <-waiting:
		t.Error("got the lock, which a process still holds")
	case <-time.After(200 * time.Millisecond):
	}
	require.NoError(t, left.Process.Kill())
	left.Wait()
	next := <-waiting
	require.NotNil(t, next)
	assert.Contains(t, out.String(), "another set-up of this checkout is running")

	// A set-up that ends in order frees it, whoever has inherited it.
	left = exec.Command("/bin/sleep", "100")
	left.ExtraFiles = []*os.File{next}
	require.NoError(t, left.Start())
	defer left.Process.Kill()
	unlock(next)
	third, err := p.lock(os.Stderr)
	require.NoError(t, err)
	unlock(third)
}
