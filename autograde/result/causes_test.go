package result

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/autograde/check"
	"courselab/autograde/lab"
	"courselab/autograde/policy"
)

var two = &lab.Lab{Spec: lab.Spec{ID: "lab8", Points: 10, Tasks: []lab.Task{{ID: "one", Points: 8}, {ID: "two", Points: 2}}}}

// graded is a submission to lab two: checks a (public, weight 1) and b (hidden, weight 3) of task one, 8 points, c of task two, 2 points.
func graded(student string, a, b, c check.Verdict) *Submission {
	s := &Submission{Student: student, Tasks: []Task{
		{ID: "one", Max: 8, Checks: []check.Record{record("a", 1, false, a), record("b", 3, true, b)}},
		{ID: "two", Max: 2, Checks: []check.Record{record("c", 1, true, c)}},
	}}
	for i := range s.Tasks {
		s.Tasks[i].Settle()
	}
	s.Settle()
	return s
}

// void is one that could not be run.
func void(student string, verdict check.Verdict, problem string) *Submission {
	s := graded(student, check.Accepted, check.Accepted, check.Accepted)
	s.Void(verdict, "")
	s.Problems = []policy.Problem{{Verdict: verdict, File: student + ".go", Line: len(student), Message: problem}}
	return s
}

func TestCauses(t *testing.T) {
	partial := graded("dora", check.Accepted, check.WrongAnswer, check.Accepted)
	partial.Tasks[0].Checks[1].Fraction = .5
	partial.Tasks[0].Settle()
	partial.Settle()
	gone := graded("emil", check.MemoryLimitExceeded, check.MemoryLimitExceeded, check.Accepted)
	gone.Tasks[0].Checks[0].Gone, gone.Tasks[0].Checks[1].Gone = true, true
	trouble := graded("fred", check.WrongAnswer, check.WrongAnswer, check.InternalError)
	c := Summarize(two, []*Submission{
		graded("ada", check.Accepted, check.Accepted, check.Accepted),
		graded("bob", check.WrongAnswer, check.WrongAnswer, check.Accepted),
		graded("cleo", check.Accepted, check.WrongAnswer, check.RuntimeError),
		partial, gone, trouble,
		void("gina", check.Forbidden, `import "os" is not allowed; allowed are fmt`),
		void("hans", check.Forbidden, `import "os" is not allowed; allowed are math`),
		void("ines", check.Forbidden, `import "net" is not allowed; allowed are fmt`),
	})
	// b is worth 6 of the 8 points, a 2: lost are 6 + 6 + 3; two submissions of 10 points; 10; what emil's program was asked
	// after it was gone, counts where it went: 2 + 6.
	hidden := func(id string) Failed { return Failed{Check: "SECRET-" + id, Title: "SECRET", Hidden: true} }
	public := Failed{Check: "SECRET-a", Title: "title a"}
	assert.Equal(t, []Cause{
		{Verdict: check.WrongAnswer, Task: "one", Checks: []Failed{hidden("b")}, Students: []string{"bob", "cleo", "dora"}, Lost: 15},
		{Verdict: check.Forbidden, Why: `import "os" is not allowed`, Students: []string{"gina", "hans"}, Lost: 20},
		{Verdict: check.Forbidden, Why: `import "net" is not allowed`, Students: []string{"ines"}, Lost: 10},
		{Verdict: check.MemoryLimitExceeded, Task: "one", Checks: []Failed{public}, Students: []string{"emil"}, Lost: 8},
		{Verdict: check.WrongAnswer, Task: "one", Checks: []Failed{public}, Students: []string{"bob"}, Lost: 2},
		{Verdict: check.RuntimeError, Task: "two", Checks: []Failed{hidden("c")}, Students: []string{"cleo"}, Lost: 2},
	}, c.Causes)
	total := 0.0
	for _, cause := range c.Causes {
		total += cause.Lost
	}
	assert.InDelta(t, 8*10, c.Mean*8+total, 1e-9, "every point that is missing has a cause")

	// Without cleo and dora, bob alone fails a and b: one cause, of two checks. With another verdict for b they would be two.
	together := Summarize(two, []*Submission{graded("bob", check.WrongAnswer, check.WrongAnswer, check.WrongAnswer)}).Causes
	assert.Equal(t, []Cause{
		{Verdict: check.WrongAnswer, Task: "one", Checks: []Failed{public, hidden("b")}, Students: []string{"bob"}, Lost: 8},
		{Verdict: check.WrongAnswer, Task: "two", Checks: []Failed{hidden("c")}, Students: []string{"bob"}, Lost: 2},
	}, together)
	assert.Len(t, Summarize(two, []*Submission{graded("bob", check.WrongAnswer, check.RuntimeError, check.Accepted)}).Causes, 2)
}

// TestTaskItems: of the five that could be run the shares of task one are 1 0 0 .25 .625, of task two 1 1 0 1 1, in points 10 2 0 4 7.
func TestTaskItems(t *testing.T) {
	partial := graded("dora", check.Accepted, check.WrongAnswer, check.Accepted)
	partial.Tasks[0].Checks[1].Fraction = .5
	partial.Tasks[0].Settle()
	partial.Settle()
	c := Summarize(two, []*Submission{
		graded("ada", check.Accepted, check.Accepted, check.Accepted),
		graded("bob", check.WrongAnswer, check.WrongAnswer, check.Accepted),
		graded("cleo", check.WrongAnswer, check.WrongAnswer, check.RuntimeError),
		graded("carl", check.Accepted, check.WrongAnswer, check.Accepted),
		partial,
		void("gina", check.CompileError, "undefined: x"),
		graded("fred", check.WrongAnswer, check.WrongAnswer, check.InternalError),
	})
	assert.Equal(t, 5, c.Ran)
	one, other := c.Tasks[0], c.Tasks[1]
	assert.Equal(t, []int{1, 4}, []int{one.Full, other.Full})
	assert.InDelta(t, (8+2+5)/6., one.Mean, .005, "of the six that count, the one that does not compile too")
	assert.InDelta(t, (1+.25+.625)/5, one.Difficulty, 1e-9)
	assert.InDelta(t, .8, other.Difficulty, 1e-9)
	// Shares of one less .375: .625 -.375 -.375 -.125 .25, the rest is 2 2 0 2 2, less 1.6: .4 .4 -1.6 .4 .4.
	r := (.4*(.625-.375-.125+.25) + 1.6*.375) / math.Sqrt((.625*.625+2*.375*.375+.125*.125+.25*.25)*(4*.4*.4+1.6*1.6))
	assert.InDelta(t, r, one.Discrimination, 1e-9)
	assert.InDelta(t, 1, one.UpperLower, 1e-9, "27 % of 5 is one: ada against cleo")
	assert.InDelta(t, r, other.Discrimination, 1e-9, "of two tasks each is the other's rest")
	text, err := json.Marshal(c)
	require.NoError(t, err)
	assert.Contains(t, string(text), `"upper_lower":1`)
	assert.Contains(t, string(text), `"median":3`)
}

func TestSlowest(t *testing.T) {
	var all []*Submission
	for i := range 12 {
		s := graded(fmt.Sprintf("s%d", i), check.Accepted, check.Accepted, check.Accepted)
		s.Seconds, s.Tasks[i%2].Seconds = float64(i), float64(i)/2
		all = append(all, s)
	}
	slow := Summarize(two, all).Slowest
	require.Len(t, slow, 10)
	assert.Equal(t, Slow{Student: "s11", Seconds: 11, Task: "two", TaskSeconds: 5.5}, slow[0])
	assert.Equal(t, "s2", slow[9].Student)
}
