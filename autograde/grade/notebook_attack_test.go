package grade

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/autograde/check"
	"courselab/autograde/intake"
	"courselab/autograde/notebook"
)

// TestAttacksByNotebook: none of these computes what it is asked for, so none gets a point, whatever it shows, claims or runs; nothing
// is run but what was compiled.
func TestAttacksByNotebook(t *testing.T) {
	marker := filepath.Join(t.TempDir(), "ran")
	graded := nbCell{"nbgrader": nbCell{"schema_version": 3, "grade_id": "mean", "solution": true, "grade": true, "locked": true, "points": 1e9}}
	shown := nbCode("checks", "%test\nfunc TestPublic(t *testing.T) {}")
	shown["outputs"] = []any{nbCell{"output_type": "stream", "name": "stdout", "text": "--- PASS: TestPublic\nPASS\n10 of 10"},
		nbCell{"output_type": "display_data", "metadata": nbCell{}, "data": nbCell{"text/html": "<script>alert(document.cookie)</script>"}}}
	huge := nbCode("x", "// nothing")
	huge["outputs"] = []any{nbCell{"output_type": "stream", "name": "stdout", "text": strings.Repeat("Accepted ", 1<<20)}}
	enormous := nbCode("x", rightScale)
	enormous["outputs"] = []any{nbCell{"output_type": "stream", "name": "stdout", "text": strings.Repeat("x", notebook.MaxSize)}}
	claims := nbCode("mean", "func Mean(values []float64) (float64, error) { return 42, nil }")
	claims["metadata"] = graded
	script := nbCode("<script>alert(1)</script>", "func Scale(values []float64) {} // <script>alert(1)</script>")
	script["metadata"] = nbCell{"nbgrader": nbCell{"schema_version": 3, "grade_id": "<script>alert(1)</script>\x1b]0;x\a\u202e", "solution": true, "locked": true}}
	const steering = "\x1b]0;owned\a\u202e<img src=x>"
	deep := "var _ = " + strings.Repeat("(", 90000) + "1" + strings.Repeat(")", 90000)
	dir := t.TempDir()
	var attacks []attack
	add := func(file, aim string, verdict check.Verdict, text string) {
		path := filepath.Join(dir, file)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
		list, _, err := intake.List(dir)
		require.NoError(t, err)
		for _, s := range list {
			if strings.HasPrefix(path, s.Path) {
				attacks = append(attacks, attack{s, aim, []check.Verdict{verdict}})
			}
		}
	}
	add("shell.ipynb", "runs commands of a shell", check.CompileError,
		nbFile(nbCode("a", "!touch "+marker+"\n!*touch "+marker), nbCode("b", "%%bash\ntouch "+marker), nbCode("c", "%%writefile book.go\npackage book")))
	add("flags.ipynb", "has the compiler run a program", check.WrongAnswer,
		nbFile(nbCode("a", "%goflags -toolexec=touch\\ "+marker+"\n%env GOFLAGS=-toolexec=sh\n%autoget\nfunc init_x() {}"), nbCode("b", "func Scale(v []float64, f float64) []float64 { return nil }")))
	add("gets.ipynb", "fetches answers", check.Forbidden,
		nbFile(nbCode("a", "%autoget\nimport \"github.com/evil/answers\"\nfunc Scale(v []float64, f float64) []float64 { return answers.Scale(v, f) }")))
	add("outputs.ipynb", "shows outputs of success, and a script", check.CompileError, nbFile(shown))
	add("huge-output.ipynb", "shows nine megabytes", check.CompileError, nbFile(huge))
	add("enormous.ipynb", "shows more than is read", check.CompileError, nbFile(enormous))
	add("claims.ipynb", "claims a billion points, three times", check.WrongAnswer, nbFile(claims, claims, claims))
	add("answers-tests.ipynb", "imports the hidden checks", check.Forbidden,
		nbFile(nbCode("a", "import \"courselab/autograde/testdata/labs/book/hidden\"\nvar Mean = hidden.Suite.Checks[1].Run")))
	add("given.ipynb", "changes what the lab gives", check.WrongAnswer,
		nbFile(nbCode("setup", "var ErrEmpty error\nconst Unit = 0\nfunc Scale(v []float64, f float64) []float64 { return v }")))
	add("linkname.ipynb", "reaches into the grader", check.Forbidden,
		nbFile(nbCode("a", "import _ \"unsafe\"\n//go:linkname Scale courselab/autograde/check.Main\nfunc Scale(v []float64, f float64) []float64")))
	add("cgo.ipynb", "brings C along", check.Forbidden, nbFile(nbCode("a",
		"// #include <stdlib.h>\nimport \"C\"\nfunc Scale(v []float64, f float64) []float64 { C.system(C.CString(\"touch "+marker+"\")); return v }")))
	add("embed.ipynb", "embeds the hidden checks", check.Forbidden,
		nbFile(nbCode("a", "import _ \"embed\"\n//go:embed hidden/suite.go\nvar suite string\nfunc Mean(v []float64) (float64, error) { panic(suite) }")))
	add("comment.ipynb", "hides a command in a comment", check.WrongAnswer, // which is not taken along
		nbFile(nbCode("a", "//gonb:!touch "+marker+"\nfunc Scale(v []float64, f float64) []float64 { return nil }")))
	add("script.ipynb", "has markup for a name", check.CompileError, nbFile(script))
	add("exits.ipynb", "ends a program that does nothing else", check.WrongAnswer, nbFile(nbCode("a", "import \"os\"\nfunc init_0() { os.Exit(0) }")))
	add("exits-asked.ipynb", "ends the program when it is asked", check.Forbidden,
		nbFile(nbCode("a", "import \"os\"\nfunc Scale(v []float64, f float64) []float64 { os.Exit(0); return v }")))
	add("exits-early.ipynb", "ends the program before it is asked", check.Forbidden,
		nbFile(nbCode("a", "import \"os\"\nvar x int\nfunc init_0() { x = 1; os.Exit(0) }\nfunc Scale(v []float64, f float64) []float64 { return v[x:] }")))
	add("deep.ipynb", "nests ninety thousand deep", check.CompileError, nbFile(nbCode("a", deep+"\nfunc Scale(v []float64, f float64) []float64 { return x }")))
	add("crowd.ipynb", "has two thousand and one cells", check.CompileError, nbFile(make([]nbCell, notebook.MaxCells+1)...))
	add("not-a-book.ipynb", "is no notebook", check.CompileError, `{"nbformat": 4, "cells": [{"cell_type": "code", "source": {"a": `+strings.Repeat("[", 9000))
	add("no-cells.ipynb", "has no cells", check.CompileError, nbFile())
	add("two-keys.ipynb", "has its cells twice, for two readers", check.WrongAnswer, `{"nbformat": 4, "cells": [], "Cells": [], "cells": [{"cell_type": "code",
		"source": "func Scale(v []float64, f float64) []float64 { return nil }"}]}`)
	add(filepath.Join("steers", steering+".ipynb"), "steers the terminal by its name", check.CompileError, nbFile(nbCode("a", "func Scale() {}")))
	add("names.ipynb", "steers the terminal by names of cells and declarations", check.CompileError,
		nbFile(nbCode(steering, "func Scale(v []float64, f float64) []float64 { return \""+steering+"\" }"), nbCode(steering, "var \x1b[31m = 1"), nbCode(steering, steering)))
	add("quoted.ipynb", "steers the terminal by what the parser quotes, and buries it", check.WrongAnswer,
		nbFile(nbCode("a", "func Scale(v []float64, f float64) []float64 { return nil }"), nbCode("b", "func F() { x \""+steering+"\" }"),
			nbCode("c", "func F() { x `"+strings.Repeat("Accepted ", 20000)+"` }")))
	judge(t, engine(t, bookDir), attacks)
	assert.NoFileExists(t, marker)
}
