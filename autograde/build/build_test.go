package build

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/autograde/check"
	"courselab/autograde/lab"
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

func builder(t *testing.T) *Builder {
	t.Helper()
	s, err := sandbox.Open()
	require.NoError(t, err)
	l := tiny(t)
	contract, err := l.Contract()
	require.NoError(t, err)
	b, err := New(context.Background(), l, contract, s, filepath.Join(l.Root, ".lab", "autograde"))
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
	for range 3 {
		r, err := b.Build(context.Background(), reference(t, b.Lab))
		require.NoError(t, err)
		require.Empty(t, r.Problems)
		assert.Equal(t, check.Accepted, r.Verdict())
		assert.NotEmpty(t, r.Worker)
		t.Log(len(r.Worker), r.Wall, r.CPU)
	}
}
