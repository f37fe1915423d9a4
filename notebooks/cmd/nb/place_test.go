package main

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFindPlace(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	deep := filepath.Join(root, "notebooks", "tools")
	require.NoError(t, os.MkdirAll(deep, 0o755))
	t.Chdir(deep)
	_, err = findPlace()
	require.ErrorContains(t, err, "no courselab repository")

	require.NoError(t, os.WriteFile(filepath.Join(root, "go.mod"), []byte("module courselab\n\ngo 1.26.5\n"), 0o644))
	// a module below, such as that of the tools, is not taken for the repository
	require.NoError(t, os.WriteFile(filepath.Join(deep, "go.mod"), []byte("module courselab/notebooks/tools\n"), 0o644))
	p, err := findPlace()
	require.NoError(t, err)
	assert.Equal(t, root, p.root)
	version, err := p.goDirective()
	require.NoError(t, err)
	assert.Equal(t, "1.26.5", version)
	require.EqualError(t, p.needSetup(), "the lab is not set up (.lab/bin/gonb is missing); run `make setup`")
}

func TestWriteAtomically(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "file")
	require.NoError(t, writeAtomically(path, []byte("one")))
	require.NoError(t, writeAtomically(path, []byte("two")))
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "two", string(text))
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	assert.Len(t, entries, 1, "no temporary file stays")
}

func TestPortIsFree(t *testing.T) {
	listener, err := net.Listen("tcp", "localhost:0")
	require.NoError(t, err)
	port := listener.Addr().(*net.TCPAddr).Port
	err = portIsFree("localhost", port)
	require.ErrorContains(t, err, "make lab PORT=")
	assert.Regexp(t, `^port \d+ cannot be used \(.*address already in use\)`, err.Error())
	require.NoError(t, listener.Close())
	require.NoError(t, portIsFree("localhost", port))
	require.ErrorContains(t, portIsFree("localhost", 70000), "port 70000 cannot be used")
}

func TestKernelSpec(t *testing.T) {
	p := place{"/srv/course"}
	var spec struct {
		Argv      []string          `json:"argv"`
		Env       map[string]string `json:"env"`
		Interrupt string            `json:"interrupt_mode"`
	}
	m := machine{goRoot: "/opt/go", compiler: "gcc", links: true}
	require.NoError(t, json.Unmarshal([]byte(p.kernelSpec(m)), &spec))
	assert.Equal(t, []string{"/srv/course/.lab/bin/gonb", "--kernel", "{connection_file}", "--raw_error", "--go_work=/srv/course"}, spec.Argv[:5])
	assert.Equal(t, "/srv/course/.lab/bin:/opt/go/bin:${PATH}", spec.Env["PATH"])
	assert.Equal(t, "-buildvcs=false '-ldflags=-linkmode=internal -w'", spec.Env["GOFLAGS"])
	assert.Equal(t, "1", spec.Env["CGO_ENABLED"])
	assert.Equal(t, "glibc.malloc.hugetlb=1", spec.Env["GLIBC_TUNABLES"])
	assert.Equal(t, "message", spec.Interrupt, "the kernel takes interrupts as messages, a signal would end it")

	m.links = false
	assert.Equal(t, "-buildvcs=false -ldflags=-w", m.goFlags())
	m.compiler = ""
	assert.Equal(t, "-buildvcs=false -tags=noxla -ldflags=-w", m.goFlags())
	assert.Equal(t, "0", m.cgo())
}

func TestMachineKnowsWhatIsMissing(t *testing.T) {
	t.Setenv("CGO_ENABLED", "")
	assert.Empty(t, machine{compiler: "gcc", python: "/usr/bin/python3", venv: true, bwrap: "/usr/bin/bwrap"}.missing())
	bare := machine{python: "/usr/bin/python3"}.missing()
	assert.Subset(t, bare, []string{"gcc", "libc6-dev", "python3-venv"})
	assert.False(t, compiles("no-such-compiler"))
	t.Setenv("CGO_ENABLED", "0")
	assert.NotContains(t, machine{}.missing(), "gcc", "without cgo no compiler is needed")
	assert.False(t, compiles("true"), "cgo is off")
}

func TestImportsOfNotebooks(t *testing.T) {
	p := place{t.TempDir()}
	source := "Text with \"quotes/in\" it.\n\n```go\n%noautoget\nimport (\n\t\"fmt\"\n\n\t. \"example.com/graph\"\n\t\"courselab/coursekit/plot\" // figures\n)\nimport _ \"example.com/one\"\n\n%%\nfmt.Println(\"a/b\")\n```\n"
	require.NoError(t, writeAtomically(p.notebooks("src", "01-x.md"), []byte(source)))
	imports := p.imports()
	assert.Subset(t, imports, []string{"example.com/graph", "courselab/coursekit/plot", "example.com/one", "courselab/coursekit/backend"})
	assert.NotContains(t, imports, "a/b")
	assert.NotContains(t, imports, "quotes/in")
	assert.NotContains(t, imports, "fmt", "the standard library has no path of two parts here")
}
