package intake

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

var goName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*\.go$`)

// systems are the suffixes by which the go command builds a file for one system or processor only (go help buildconstraint).
var systems = strings.Fields(`aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9
	solaris wasip1 windows zos
	386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le ppc ppc64 ppc64le
	riscv riscv64 s390 s390x sparc sparc64 wasm`)

// dropped says why a file is not graded, "" if it is.
func dropped(name string) string {
	switch {
	case strings.Contains(name, "/"):
		return "only files at the top are graded, not folders"
	case strings.HasSuffix(name, "_test.go"):
		return "tests are not graded: the lab's own checks run"
	case isNotebook(name):
		return ""
	case path.Ext(name) != ".go":
		return "only Go files and notebooks are graded"
	case !goName.MatchString(name):
		return "the names of Go files consist of letters, digits and underscores"
	}
	words := strings.Split(strings.TrimSuffix(name, ".go"), "_")
	if len(words) > 1 && slices.Contains(systems, words[len(words)-1]) {
		return "a file whose name ends in the name of a system is built there only: rename it"
	}
	return ""
}

func isNotebook(name string) bool { return strings.EqualFold(path.Ext(name), ".ipynb") }

// clutter is what operating systems and editors leave behind; it is not worth a note.
func clutter(name string) bool {
	for _, part := range strings.Split(name, "/") {
		if strings.HasPrefix(part, ".") || part == "__MACOSX" || part == "Thumbs.db" {
			return true
		}
	}
	return false
}

// wrapping returns the single folder that everything lies in, with a slash, or "".
func wrapping(entries []entry) string {
	wrapper := ""
	for _, e := range entries {
		if clutter(e.path) {
			continue
		}
		first, _, below := strings.Cut(strings.TrimSuffix(e.path, "/"), "/")
		if !below && !e.mode.IsDir() {
			if path.Ext(e.path) == ".go" || isNotebook(e.path) {
				return ""
			}
			continue // a README beside the folder
		}
		if wrapper != "" && wrapper != first+"/" {
			return ""
		}
		wrapper = first + "/"
	}
	return wrapper
}
