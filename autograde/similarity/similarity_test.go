package similarity_test

import (
	"bytes"
	"fmt"
	"go/scanner"
	"go/token"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/autograde/intake"
	"courselab/autograde/lab"
	"courselab/autograde/release"
	"courselab/autograde/similarity"
)

// submission is what is handed in.
type submission struct {
	Name    string
	Sources map[string][]byte
}

func compare(c similarity.Config, class []submission, released map[string]string) *similarity.Report {
	var read []similarity.Submission
	for _, s := range class {
		read = append(read, similarity.Submission{Name: s.Name, Program: similarity.Read(s.Sources)})
	}
	return similarity.Compare(c, read, released)
}

// sampleClass is the class of lab 1, and what it was given.
func sampleClass(t *testing.T) (class []submission, released map[string]string) {
	t.Helper()
	l, err := lab.Load("../../labs/lab1-attention")
	require.NoError(t, err)
	released, err = release.WithHoles(l)
	require.NoError(t, err)
	list, _, err := intake.List(filepath.Join(l.Dir, "samples"))
	require.NoError(t, err)
	for _, s := range list {
		if files, err := s.Read(intake.DefaultLimits()); err == nil {
			class = append(class, submission{s.Name, files.Sources})
		}
	}
	return class, released
}

func of(t *testing.T, class []submission, names ...string) []submission {
	t.Helper()
	var found []submission
	for _, name := range names {
		i := slices.IndexFunc(class, func(s submission) bool { return s.Name == name })
		require.GreaterOrEqual(t, i, 0, name)
		found = append(found, class[i])
	}
	return found
}

// independent are the submissions that were written without each other, each in another style.
var independent = []string{"amara-okafor", "bjorn-lindqvist", "chen-wei-ling"}

func TestIndependentAnswersAreNotFlagged(t *testing.T) {
	class, released := sampleClass(t)
	r := compare(similarity.DefaultConfig(), of(t, class, independent...), released)
	assert.Equal(t, 3, r.Programs)
	assert.Zero(t, r.Flagged)
	for _, p := range r.Pairs {
		t.Logf("%s and %s share %.0f %% and %.0f %%", p.A, p.B, 100*p.ShareA, 100*p.ShareB)
		assert.Less(t, p.Share(), .4)
	}
	// A share is no proof: who follows the hints closely comes near the solution that they were made from.
	l, err := lab.Load("../../labs/lab1-attention")
	require.NoError(t, err)
	reference, err := l.Reference()
	require.NoError(t, err)
	hinted := compare(similarity.DefaultConfig(), append(of(t, class, "amara-okafor"), submission{Name: "solution", Sources: reference}), released)
	t.Logf("the answer that is closest to the hints shares %.0f %% with the solution", 100*hinted.Pairs[0].Share())
}

// TestFalsePositivesOfTheSampleClass: many of its submissions were made by spoiling one right answer, and these are found. Which pairs
// have nothing to do with each other, lines that are the same to the letter tell, which is another measure.
func TestFalsePositivesOfTheSampleClass(t *testing.T) {
	class, released := sampleClass(t)
	given := map[string]bool{}
	for _, text := range released {
		for line := range lines([]byte(text)) {
			given[line] = true
		}
	}
	r := compare(similarity.DefaultConfig(), class, released)
	flagged := map[[2]string]bool{}
	for _, p := range r.Pairs {
		if p.Flagged {
			flagged[[2]string{p.A, p.B}] = true
		}
	}
	unrelated, falsely, related, found := 0, 0, 0, 0
	for i, a := range class {
		for _, b := range class[i+1:] {
			switch verbatim := verbatimShare(a, b, given); {
			case verbatim < .2:
				unrelated++
				if flagged[[2]string{a.Name, b.Name}] {
					falsely++
					t.Logf("flagged: %s and %s, which share %.0f %% of their lines to the letter", a.Name, b.Name, 100*verbatim)
				}
			case verbatim > .7:
				related++
				if flagged[[2]string{a.Name, b.Name}] {
					found++
				}
			}
		}
	}
	t.Logf("of %d pairs that share less than a fifth of their lines, %d are flagged (%.1f %%); of %d that share more than seven tenths, %d",
		unrelated, falsely, 100*float64(falsely)/float64(unrelated), related, found)
	require.Greater(t, unrelated, 100)
	assert.LessOrEqual(t, falsely, unrelated/100)
	require.Greater(t, related, 20)
	assert.Equal(t, related, found)
	assert.NotEmpty(t, r.Groups)
}

func lines(text []byte) map[string]bool {
	all := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); len(line) > 12 && !strings.HasPrefix(line, "//") {
			all[line] = true
		}
	}
	return all
}

// verbatimShare is the share of the lines of the one that has fewer which are lines of the other too.
func verbatimShare(a, b submission, given map[string]bool) float64 {
	own := func(s submission) map[string]bool {
		all := map[string]bool{}
		for _, text := range s.Sources {
			for line := range lines(text) {
				if !given[line] && !strings.HasPrefix(line, "import") && !strings.Contains(line, "github.com") {
					all[line] = true
				}
			}
		}
		return all
	}
	x, y := own(a), own(b)
	same := 0
	for line := range x {
		if y[line] {
			same++
		}
	}
	if least := min(len(x), len(y)); least > 0 {
		return float64(same) / float64(least)
	}
	return 0
}

func TestDisguisedCopiesAreFound(t *testing.T) {
	class, released := sampleClass(t)
	for _, name := range independent {
		original := of(t, class, name)[0]
		for disguise, change := range map[string]func([]byte) []byte{
			"none": func(text []byte) []byte { return text }, "variables renamed": renamed, "functions reordered": reordered,
			"comments and layout changed": laidOut, "all of these": func(text []byte) []byte { return laidOut(reordered(renamed(text))) },
		} {
			for _, oneFile := range []bool{false, true} {
				copied := submission{Name: "copy", Sources: map[string][]byte{}}
				for file, text := range original.Sources {
					if text = change(text); oneFile {
						file = "everything.go"
						text = append(copied.Sources[file], text...)
					}
					copied.Sources[file] = text
				}
				r := compare(similarity.DefaultConfig(), append(of(t, class, independent...), copied), released)
				require.NotEmpty(t, r.Pairs)
				assert.Equal(t, 1, r.Flagged, "%s, %s: the copy, and no other pair", name, disguise)
				found := r.Pairs[0]
				assert.ElementsMatch(t, []string{name, "copy"}, []string{found.A, found.B})
				assert.Equal(t, 1.0, min(found.ShareA, found.ShareB), "%s, %s", name, disguise)
			}
		}
	}
}

// TestHeavierDisguises measures what is left of a copy when statements are put between its own.
func TestHeavierDisguises(t *testing.T) {
	class, released := sampleClass(t)
	original := of(t, class, "bjorn-lindqvist")[0]
	last := 1.0
	for _, every := range []int{12, 6, 3} {
		copied := submission{Name: "copy", Sources: map[string][]byte{}}
		for file, text := range original.Sources {
			copied.Sources[file] = padded(renamed(text), every)
		}
		p := compare(similarity.DefaultConfig(), []submission{original, copied}, released).Pairs[0]
		t.Logf("with a statement that does nothing after every %d lines, %.0f %% are found", every, 100*p.Share())
		assert.LessOrEqual(t, p.Share(), last)
		assert.Greater(t, p.Share(), .1)
		if last = p.Share(); every >= 6 {
			assert.True(t, p.Flagged)
		}
	}
}

// tokens calls f with every token and its text as it stands.
func tokens(text []byte, f func(kind token.Token, offset int, literal string)) {
	fset := token.NewFileSet()
	file := fset.AddFile("", -1, len(text))
	var s scanner.Scanner
	s.Init(file, text, nil, scanner.ScanComments)
	for {
		pos, kind, literal := s.Scan()
		if kind == token.EOF {
			return
		}
		f(kind, file.Offset(pos), literal)
	}
}

// renamed gives every identifier that begins with a small letter another name.
func renamed(text []byte) []byte {
	var out bytes.Buffer
	at := 0
	tokens(text, func(kind token.Token, offset int, literal string) {
		if kind == token.IDENT && literal[0] >= 'a' {
			out.Write(text[at:offset])
			out.WriteString("renamed_" + literal)
			at = offset + len(literal)
		}
	})
	out.Write(text[at:])
	return out.Bytes()
}

// reordered turns the functions of a file around.
func reordered(text []byte) []byte {
	parts := strings.Split(string(text), "\nfunc ")
	slices.Reverse(parts[1:])
	return []byte(strings.Join(parts, "\nfunc "))
}

// laidOut puts every argument on a line of its own, with a comment.
func laidOut(text []byte) []byte {
	var out bytes.Buffer
	for line := range strings.Lines(string(text)) {
		if code, comment, _ := strings.Cut(line, "//"); comment == "" && !strings.Contains(code, `"`) && !strings.Contains(code, "for ") && !strings.Contains(code, "if ") {
			line = strings.ReplaceAll(line, ", ", ", // see above\n")
			line = strings.ReplaceAll(line, ")\n", ",\n\t\t)\n\n")
			line = strings.ReplaceAll(line, "(,", "(")
		}
		out.WriteString(line)
	}
	return out.Bytes()
}

// padded puts a statement that does nothing after every so many lines of a function.
func padded(text []byte, every int) []byte {
	var out bytes.Buffer
	n := 0
	for line := range strings.Lines(string(text)) {
		out.WriteString(line)
		if strings.HasPrefix(line, "\t") && !strings.HasSuffix(line, ",\n") {
			if n++; n%every == 0 {
				out.WriteString("\tif padding := 0; padding > 1 {\n\t}\n")
			}
		}
	}
	return out.Bytes()
}

// TestWhatWasGivenIsNobodysOwn: two who hand in the release as it came share all of it, and none of it counts.
func TestWhatWasGivenIsNobodysOwn(t *testing.T) {
	class, released := sampleClass(t)
	text := map[string][]byte{}
	for name, t := range released {
		text[name] = []byte(t)
	}
	lazy := []submission{{Name: "a", Sources: text}, {Name: "b", Sources: text}}
	r := compare(similarity.DefaultConfig(), lazy, released)
	assert.Zero(t, r.Programs)
	assert.Empty(t, r.Pairs)
	assert.Equal(t, 1, compare(similarity.DefaultConfig(), lazy, nil).Flagged, "if it had not been given")
	with := append(of(t, class, "bjorn-lindqvist"), lazy...)
	for _, p := range compare(similarity.DefaultConfig(), with, released).Pairs {
		assert.False(t, p.Flagged)
	}
}

// TestWhatEverybodyHasIsNobodysOwn: the same function in 20 of 24 answers is how one does it, in 6 of 24 it is a ring.
func TestWhatEverybodyHasIsNobodysOwn(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	draw := func(statements int) string {
		var b strings.Builder
		fmt.Fprintf(&b, "func f%d() {\n", rng.IntN(1e6))
		for range statements {
			b.WriteString("\ta = b")
			for range 1 + rng.IntN(4) {
				b.WriteString([]string{" + c", " - d", " * e", " / f", " % g", "(h)", "[i]", ".j"}[rng.IntN(8)])
			}
			b.WriteString("\n")
		}
		b.WriteString("}\n")
		return b.String()
	}
	shared := draw(40)
	for sharing, want := range map[int]int{20: 0, 6: 6 * 5 / 2} {
		var class []submission
		for i := range 24 {
			text := "package p\n" + draw(50)
			if i < sharing {
				text = "package p\n" + draw(20) + shared
			}
			class = append(class, submission{Name: fmt.Sprintf("s%02d", i), Sources: map[string][]byte{"a.go": []byte(text)}})
		}
		r := compare(similarity.DefaultConfig(), class, nil)
		assert.Equal(t, want, r.Flagged, "%d of 24", sharing)
		if want > 0 {
			assert.Equal(t, [][]string{{"s00", "s01", "s02", "s03", "s04", "s05"}}, r.Groups)
			assert.Less(t, r.Median, .3)
			assert.Less(t, r.Common, .1)
		} else {
			assert.Empty(t, r.Groups)
			assert.Greater(t, r.Common, .5, "and this says so")
		}
	}
}

// TestPassagesSayWhere: lines counted by hand.
func TestPassagesSayWhere(t *testing.T) {
	const shared = "func Sum(x []int) (sum int) {\n\tfor _, v := range x {\n\t\tif v > 0 {\n\t\t\tsum += v\n\t\t}\n\t}\n\treturn sum\n}\n"
	class := []submission{
		{Name: "a", Sources: map[string][]byte{"a.go": []byte("package p\n\nimport \"fmt\"\n\nvar first = 1\n\n" + shared)}},                                 // from line 7
		{Name: "b", Sources: map[string][]byte{"z.go": []byte("package p\n\n// words\n" + renamedText(shared) + "\nfunc other() { panic(\"another\") }\n")}}, // from line 4
	}
	c := similarity.DefaultConfig()
	c.Least = 10
	r := compare(c, class, nil)
	require.Len(t, r.Pairs, 1)
	assert.Equal(t, []similarity.Passage{{Tokens: 34, A: similarity.Lines{File: "a.go", From: 7, To: 14}, B: similarity.Lines{File: "z.go", From: 4, To: 11}}}, r.Pairs[0].Passages)
	assert.True(t, r.Pairs[0].Flagged)
	assert.Equal(t, 1.0, r.Pairs[0].ShareA, "var first = 1 is too short to be compared")
	c.Least = 35
	assert.False(t, compare(c, class, nil).Pairs[0].Flagged, "too short to say anything")
}

func renamedText(text string) string { return string(renamed([]byte(text))) }

func TestTheKeyTellsWhetherAnythingChanged(t *testing.T) {
	c := similarity.DefaultConfig()
	class := []similarity.Submission{{Name: "a", Hash: "1", Program: &similarity.Program{}}, {Name: "b", Hash: "2", Program: &similarity.Program{}}}
	key := c.Key(class, map[string]string{"x.go": "x"})
	assert.Equal(t, key, similarity.Compare(c, class, map[string]string{"x.go": "x"}).Key)
	assert.NotEqual(t, key, c.Key(class, map[string]string{"x.go": "y"}))
	assert.NotEqual(t, key, c.Key(class[:1], map[string]string{"x.go": "x"}))
	class[1].Hash = "3"
	assert.NotEqual(t, key, c.Key(class, map[string]string{"x.go": "x"}))
	class[1].Hash = "2"
	c.Gram++
	assert.NotEqual(t, key, c.Key(class, map[string]string{"x.go": "x"}))
}

// TestWhateverIsHandedIn: no text makes it fall or take long.
func TestWhateverIsHandedIn(t *testing.T) {
	var class []submission
	for i, text := range []string{"", "\x00\xff\xfe", "package p\nfunc f(", strings.Repeat("(", 1e6), strings.Repeat(")", 1e5), "`", "/*", strings.Repeat("x+", 2e5),
		"func func func import import (\n\"\n)", strings.Repeat("}\n;", 1000), strings.Repeat("x+", 2e5), strings.Repeat("+x", 2e5)} {
		class = append(class, submission{Name: fmt.Sprint("s", i), Sources: map[string][]byte{"a.go": []byte(text)}})
	}
	r := compare(similarity.DefaultConfig(), class, map[string]string{"a.go": "func ("})
	assert.NotNil(t, r.Pairs)
	assert.Subset(t, r.Cut, []string{"s3", "s7", "s11"}, "who buries a copy under what nobody compares is named")
	assert.NotContains(t, r.Cut, "s9")
	assert.Zero(t, compare(similarity.DefaultConfig(), nil, nil).Programs)
}
