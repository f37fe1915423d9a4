package grade

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/autograde/intake"
	"courselab/autograde/lab"
	"courselab/autograde/result"
	"courselab/autograde/similarity"
)

// TestSimilar: a copy with other names, and the release as it came, handed in twice.
func TestSimilar(t *testing.T) {
	l, err := lab.Load(tinyDir)
	require.NoError(t, err)
	contract, err := l.Contract()
	require.NoError(t, err)
	reference, err := l.Reference()
	require.NoError(t, err)
	long := strings.Replace(string(reference["tiny.go"]), "total := 0.0", "total := 0.0"+strings.Repeat("\n\tif total > 1 {\n\t\ttotal = total*2 + factorOf(values, 3)\n\t}", 5), 1)
	given := given(l)["tiny.go"]
	require.NotContains(t, given, "total")
	dir := t.TempDir()
	hand := func(student, text string) {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, student), 0o777))
		require.NoError(t, os.WriteFile(filepath.Join(dir, student, "tiny.go"), []byte(text), 0o666))
	}
	hand("ada", long)
	hand("bob", strings.NewReplacer("total", "sum", "values", "xs", "summand", "x").Replace(long))
	hand("cleo", given)
	hand("dan", given)
	hand("eve", "package tiny\n\nfunc (")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "fred.zip"), []byte("not a zip"), 0o666))
	list := func() []intake.Submission {
		submissions, _, err := intake.List(dir)
		require.NoError(t, err)
		return submissions
	}
	r := Similar(l, contract, list(), intake.DefaultLimits())
	require.Equal(t, 1, r.Flagged)
	assert.Equal(t, []string{"ada", "bob"}, []string{r.Pairs[0].A, r.Pairs[0].B})
	assert.Equal(t, 1.0, r.Pairs[0].Share())

	// A batch takes over the report of the same submissions, and no other.
	b := &Batch{Engine: &Engine{Lab: l, Contract: contract, options: Options{Limits: intake.DefaultLimits()}}}
	outcomes := func() (all []outcome) {
		for _, s := range list() {
			o := outcome{}
			if files, err := s.Read(intake.DefaultLimits()); err == nil {
				o.hash = files.Hash
			}
			all = append(all, o)
		}
		return all
	}
	last := &result.Class{Similarity: &similarity.Report{Key: r.Key}}
	assert.Same(t, last.Similarity, b.similarity(list(), outcomes(), last))
	assert.Equal(t, r, b.similarity(list(), outcomes(), nil))
	hand("bob", given)
	changed := b.similarity(list(), outcomes(), last)
	assert.NotSame(t, last.Similarity, changed)
	assert.Zero(t, changed.Flagged)
	graded := outcomes()
	hand("ada", given) // while the others were graded
	assert.Equal(t, []string{"ada"}, b.similarity(list(), graded, last).Cut)
	assert.Nil(t, (&Batch{}).similarity(list(), outcomes(), nil), "grades are written without it")
}
