package grade

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"courselab/autograde/intake"
	"courselab/autograde/lab"
	"courselab/autograde/result"
	"courselab/autograde/sandbox"
)

func TestMain(m *testing.M) {
	Init()
	os.Exit(m.Run())
}

func engine(t *testing.T, dir string) *Engine {
	t.Helper()
	s, err := sandbox.Open()
	require.NoError(t, err)
	l, err := lab.Load(dir)
	require.NoError(t, err)
	contract, err := l.Contract()
	require.NoError(t, err)
	e, err := New(context.Background(), l, contract, Options{Sandbox: s, Hidden: true, State: State(l)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	return e
}

func TestLab1(t *testing.T) {
	e := engine(t, filepath.Join("..", "..", "labs", "lab1-attention"))
	list, _, err := intake.List(filepath.Join(e.Lab.Dir, "samples"))
	require.NoError(t, err)
	out := "/tmp/gr/out"
	b := &Batch{Engine: e, Out: result.Folder(out), Jobs: 2, Fresh: true, On: func(ev Event) { t.Logf("%+v", ev) }}
	_, err = b.Run(context.Background(), list)
	require.NoError(t, err)
}
