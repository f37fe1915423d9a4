package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// written is a notebook's source of the given cells.
func written(t *testing.T, cells ...string) string {
	t.Helper()
	var text strings.Builder
	text.WriteString("---\njupyter:\n  kernelspec:\n    display_name: Go (gonb)\n    language: go\n    name: gonb\n---\n\n# Test\n")
	for _, cell := range cells {
		text.WriteString("\n```go" + cell + "\n```\n")
	}
	path := filepath.Join(t.TempDir(), "77-test.md")
	require.NoError(t, os.WriteFile(path, []byte(text.String()), 0o644))
	return path
}

func lab(t *testing.T) place {
	t.Helper()
	p, err := findPlace()
	require.NoError(t, err)
	require.NoError(t, p.needSetup())
	return p
}

// TestKernel runs cells on the real kernel: they see the repository's packages, and the state of the cells before.
func TestKernel(t *testing.T) {
	p := lab(t)
	source := written(t,
		"\n%noautoget\nimport (\n\t\"fmt\"\n\t\"os\"\n\n\t\"courselab/coursekit/backend/plugin\"\n)\n\nfunc seven() int { return 7 }\n\n%%\n_, err := plugin.Root()\nfmt.Println(seven(), err)",
		" tags=[\"figure\"]\n%%\nfor i := range 5 {\n\tfmt.Printf(\"\\r%d of 4\", i)\n}\nwd, _ := os.Getwd()\nfmt.Println(\" in\", wd, seven()+1)")
	m, err := p.make(t.Context(), source, true, time.Minute)
	require.NoError(t, err)
	require.Nil(t, m.failed)
	assert.Len(t, m.seconds, 2)
	assert.Contains(t, m.quickness(), "one that does not train")
	b := m.book
	require.Len(t, b.Cells, 3)
	assert.Equal(t, "7 <nil>\n", joined(b.Cells[1].outputs()[0]["text"]))
	assert.Equal(t, []string{"figure"}, b.Cells[2].tags())
	assert.Equal(t, "4 of 4 in courselab/notebooks 8\n", joined(b.Cells[2].outputs()[0]["text"]))

	wrong, err := b.rules(false, p.hidden())
	require.NoError(t, err)
	assert.Len(t, wrong, 1, "the cell tagged figure shows none: %v", wrong)
}

func TestKernelReportsTheCellThatFails(t *testing.T) {
	p := lab(t)
	first := "\n%noautoget\nimport \"fmt\"\n\n%%\nfmt.Println(1)"
	for name, c := range map[string]struct{ cell, want string }{
		"compile error": {"\n%%\n\nfmt.Println(undefinedName)", `^cell 2 \(fmt\.Println\(undefinedName\)\): (?s).*undefined: undefinedName`},
		"panic":         {"\n%%\npanic(\"broken on purpose\")", `^cell 2 \(panic\("broken on purpose"\)\): (?s).*broken on purpose`},
		"endless":       {"\n%%\nfor {\n}", `^cell 2 \(for \{\): not done after 10 s`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := p.make(t.Context(), written(t, first, c.cell), true, 10*time.Second)
			require.NoError(t, err)
			require.NotNil(t, m.failed)
			assert.Regexp(t, c.want, m.failed.String())
			assert.Contains(t, m.book.Cells[1].shown(), "1\n", "what ran before is kept")
		})
	}
}

// TestCheckRefusesAStaleNotebook takes the whole way of `nb execute --check`, in a repository of its own.
func TestCheckRefusesAStaleNotebook(t *testing.T) {
	real := lab(t)
	p := place{t.TempDir()}
	require.NoError(t, os.Symlink(real.lab(), p.lab()))
	source, err := os.ReadFile(written(t, "\n%noautoget\nimport \"fmt\"\n\n%%\nfmt.Println(\"here\")"))
	require.NoError(t, err)
	require.NoError(t, writeAtomically(p.notebooks("src", "00-test.md"), source))

	var out bytes.Buffer
	check := execution{place: p, progress: &out, target: filepath.Join(p.root, "build"), execute: true, check: true, timeout: time.Minute}
	require.ErrorContains(t, check.all(t.Context(), nil), "1 of 1 notebooks are not right (00-test)")
	assert.Contains(t, out.String(), "notebooks/00-test.ipynb is missing; run `make notebooks`")

	make := execution{place: p, progress: &out, target: p.notebooks(), execute: true, timeout: time.Minute}
	require.NoError(t, make.all(t.Context(), []string{"00-test"}))
	require.NoError(t, check.all(t.Context(), nil))

	require.NoError(t, writeAtomically(p.notebooks("src", "00-test.md"), bytes.Replace(source, []byte("here"), []byte("there"), 1)))
	require.Error(t, check.all(t.Context(), nil))
	assert.Contains(t, out.String(), "notebooks/00-test.ipynb is not what notebooks/src makes, from its cell 2")

	_, err = p.sources([]string{"78-none"})
	require.ErrorContains(t, err, "there is no notebook 78-none; those in notebooks/src are 00-test")
}
