package feedback

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/autograde/check"
	"courselab/autograde/intake"
	"courselab/autograde/policy"
	"courselab/autograde/result"
	"courselab/autograde/similarity"
	"courselab/autograde/statistics"
)

const evil = `</pre></title><script>alert(1)</script><img src=x onerror=alert(2)><style>*{}</style>" onload="x`

// submission has evil text wherever a student can put some, and secrets wherever staff have some.
func sample() *result.Submission {
	s := &result.Submission{Student: "ada" + evil, Lab: "lab7", Title: "Tiny", Seed: 5, Hash: "0123456789abcdef", Graded: time.Unix(1e9, 0).UTC(),
		Missing: []string{"Mean"}, Notes: []string{"NOTE " + evil}, Dropped: []intake.Dropped{{Name: evil, Reason: "only Go files are graded"}}, Staff: "SECRET",
		Tasks: []result.Task{{ID: "one", Title: "First", Function: "Scale", Max: 7, Staff: "SECRET", Checks: []check.Record{
			{Check: "a", Task: "one", Title: "three numbers", Points: 2, Verdict: check.Accepted, Fraction: 1},
			{Check: "b", Task: "one", Title: "four numbers", Points: 1, Verdict: check.WrongAnswer, Message: evil, Got: "GOT " + evil, Want: "WANT 4", Hint: "HINT-PUBLIC"},
			{Check: "SECRET-ID", Task: "one", Hidden: true, Title: "SECRET", Points: 3, Verdict: check.WrongAnswer, Hint: "HINT-HIDDEN",
				Staff: "SECRET", Message: "SECRET", Got: "SECRET", Want: "SECRET"},
			{Check: "SECRET-OTHER", Task: "one", Hidden: true, Title: "SECRET", Points: 1, Verdict: check.Accepted, Fraction: 1, Hint: "SECRET"},
		}}}}
	for i := range s.Tasks {
		s.Tasks[i].Settle()
	}
	s.Settle()
	return s
}

func render(t *testing.T, s *result.Submission) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, Write(&b, s))
	return b.String()
}

func TestPageShowsWhatAStudentMayKnow(t *testing.T) {
	page := render(t, sample())
	for _, want := range []string{"Tiny", "First", "three numbers", "four numbers", "HINT-PUBLIC", "HINT-HIDDEN", "WANT 4", "GOT ", "NOTE ",
		"1 of 2 hidden checks passed", "Wrong Answer", "seed 5", "0123456789ab", "<code>Mean</code> is missing"} {
		assert.Contains(t, page, want)
	}
	assert.Contains(t, page, ">3</text>", "score: 2/7 + 1/7 of 7 points")
	assert.NotContains(t, page, "SECRET")
}

func TestPageEscapesEverything(t *testing.T) {
	void := sample()
	void.Void(check.Forbidden, evil)
	void.Problems = []policy.Problem{{Verdict: check.Forbidden, File: "a.go", Line: 3, Message: evil}}
	var index bytes.Buffer
	class := &result.Class{Title: evil, Lab: evil, Checks: "0123456789abcdef", NeedLook: []string{evil}, Count: 1,
		Submissions: []result.Line{{Student: evil, Why: evil, Verdict: check.Forbidden, Tasks: []float64{1}}},
		Tasks:       []result.TaskItem{{ID: evil, Title: evil}}, Distribution: statistics.Describe([]float64{3}, 10),
		Causes: []result.Cause{{Verdict: check.WrongAnswer, Task: evil, Checks: []result.Failed{{Check: evil}, {Title: evil}}, Students: []string{evil}},
			{Verdict: check.Forbidden, Why: evil, Students: []string{evil}}},
		Slowest: []result.Slow{{Student: evil, Task: evil}},
		Similarity: &similarity.Report{Groups: [][]string{{evil}}, Cut: []string{evil}, Pairs: []similarity.Pair{{A: evil, B: evil,
			Passages: []similarity.Passage{{A: similarity.Lines{File: evil}, B: similarity.Lines{File: evil}}}}}}}
	require.NoError(t, WriteIndex(&index, class))
	for name, page := range map[string]string{"page": render(t, sample()), "void": render(t, void), "index": index.String()} {
		lower := strings.ToLower(page)
		for _, never := range []string{"<script", "<img", "onerror=alert(2)>", `" onload="`, "</title></title>", "<style>*"} {
			assert.NotContains(t, lower, never, name)
		}
		assert.Contains(t, page, "&lt;script&gt;", name)
		assert.Contains(t, page, `content="default-src 'none'; style-src 'unsafe-inline'"`, name)
		assert.NotContains(t, page, "ZgotmplZ", "%s: html/template found something in a place that it cannot make safe", name)
		assert.NotRegexp(t, `(src|href)="(https?:)?//`, page, "%s loads nothing from elsewhere", name)
		assert.Equal(t, 1, strings.Count(lower, "<style>"), name)
	}
}

func TestVoidPageSaysWhy(t *testing.T) {
	s := sample()
	s.Void(check.CompileError, "")
	s.Problems = []policy.Problem{{Verdict: check.CompileError, File: "a.go", Line: 3, Message: "undefined: x"}}
	page := render(t, s)
	assert.Contains(t, page, "a.go:3: undefined: x")
	assert.Contains(t, page, "The program does not compile")
	assert.Contains(t, page, "Not run")
	assert.NotContains(t, page, "HINT", "nothing was run")
}

func TestEveryVerdictHasAMeaning(t *testing.T) {
	for _, v := range []check.Verdict{check.Accepted, check.WrongAnswer, check.CompileError, check.TimeLimitExceeded, check.MemoryLimitExceeded,
		check.OutputLimitExceeded, check.RuntimeError, check.Forbidden, check.InternalError} {
		assert.NotEmpty(t, meaning(v), v)
	}
}

func TestPercentAndRing(t *testing.T) {
	nan := 0.0
	nan /= nan
	for _, c := range []struct {
		x, of float64
		want  int
	}{{0, 10, 0}, {5, 10, 50}, {12, 10, 100}, {-1, 10, 0}, {1, 0, 0}, {nan, 10, 0}, {1, nan, 0}} {
		assert.Equal(t, c.want, percent(c.x, c.of))
	}
	assert.Equal(t, "169.6 339.3", ring(5, 10))
}

// TestIndexTellsHowTheClassDid: numbers that are computed by hand.
func TestIndexTellsHowTheClassDid(t *testing.T) {
	many := make([]string, 9)
	for i := range many {
		many[i] = "student" + string(rune('a'+i))
	}
	c := &result.Class{Count: 5, Ran: 25, Distribution: statistics.Describe([]float64{1, 5, 9, 9}, 10),
		Tasks: []result.TaskItem{{ID: "one", Title: "First", Max: 10, Mean: 6, Full: 2, Item: statistics.Item{Difficulty: .625, Discrimination: .05, UpperLower: .75}},
			{ID: "two", Title: "Second", Item: statistics.Item{Difficulty: .5, Discrimination: .51}},
			{ID: "three", Title: "Everybody solved it", Item: statistics.Item{Difficulty: 1}}},
		Slowest: []result.Slow{{Student: "zoe", Seconds: 12.34, BuildSec: 1.5, CPU: 3.3, Memory: 130 << 20, Task: "one", TaskSeconds: 10.1}}}
	for i := range causesShown + 2 {
		c.Causes = append(c.Causes, result.Cause{Verdict: check.WrongAnswer, Task: "one", Lost: 2.5, Students: many[:1+i%9], Checks: []result.Failed{{Check: "values", Hidden: true}}})
	}
	c.Similarity = &similarity.Report{Programs: 24, Flag: .5, Flagged: 2, Median: .04, Common: .12, P95: .31, Groups: [][]string{{"ada", "bob", "cleo"}}}
	for range pairsShown + 3 {
		c.Similarity.Pairs = append(c.Similarity.Pairs, similarity.Pair{A: "ada", B: "bob", ShareA: .985, ShareB: .6, Tokens: 321, Flagged: true,
			Passages: []similarity.Passage{{A: similarity.Lines{File: "a.go", From: 3, To: 9}, B: similarity.Lines{File: "b.go", From: 30, To: 36}}}})
	}
	var b bytes.Buffer
	require.NoError(t, WriteIndex(&b, c))
	page := b.String()
	for _, want := range []string{"2 pairs share 50 % or more", "of the 24 that", "at most 4 %, 95 % at most 31 %", "99 % of the first, 60 % of the second", "321 tokens",
		"<td>–</td><td>–</td>", "a.go 3–9 = b.go 30–36", "that is 12 % of what", "3 more pairs", "These hang together: <a href=\"ada/feedback.html\">ada</a>, <a"} {
		assert.Contains(t, page, want)
	}
	for _, want := range []string{"<b>6</b>", "<b>3.32</b>", "<b>7</b>", `class="mean" style="left: 60%"`, `class="median" style="left: 70%"`,
		`title="9 up to 9.5 points: 2 students"><b>2</b><i style="height: 100%">`, `title="1 up to 1.5 points: 1 student"><b>1</b><i style="height: 50%">`,
		"width: 62.5%", "<td>0.62</td>", `0.05 <span class="pill bad">weak</span>`, "<td>0.51</td>", "<td>0.75</td>", "25 submissions",
		"<code>values</code> <span class=\"soft\">hidden", "−2.5 p", "2 rarer causes", "<summary>9 students</summary>",
		"<td>12.3 s</td><td>1.5 s</td>", "130 MiB"} {
		assert.Contains(t, page, want)
	}
	assert.NotContains(t, page, "9.5 to 10 points: 2", "a score belongs to one bar")
	assert.Equal(t, 1, strings.Count(page, "weak</span>"))
	c.Similarity = &similarity.Report{Programs: 1}
	b.Reset()
	require.NoError(t, WriteIndex(&b, c))
	assert.Contains(t, b.String(), "too little to compare")
	assert.NotContains(t, b.String(), "No pair")
	c.Similarity = nil
	b.Reset()
	require.NoError(t, WriteIndex(&b, c))
	assert.NotContains(t, b.String(), "Similar submissions")
}
