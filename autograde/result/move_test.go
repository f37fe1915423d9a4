package result

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/autograde/check"
)

var basis = Basis{Checks: "c", Lab: "l", Toolchain: "go1.26.8", Kit: "k", Limits: "10s", Mode: "all checks"}

// outcome is a record of two tasks with these points of 7 and 3.
func outcome(one, two float64) *Submission {
	s := &Submission{Student: "ada", Seed: 5, Hash: "h", Basis: basis, Tasks: []Task{{ID: "one", Max: 7, Points: one}, {ID: "two", Max: 3, Points: two}}}
	for i := range s.Tasks {
		t := &s.Tasks[i]
		if t.Verdict = check.Accepted; t.Points < t.Max {
			t.Verdict = check.WrongAnswer
		}
	}
	s.Settle()
	return s
}

func TestKeyHoldsEveryPart(t *testing.T) {
	keys := map[string]bool{basis.Key("h"): true, basis.Key("other"): true}
	for _, change := range []func(b *Basis){
		func(b *Basis) { b.Checks = "x" }, func(b *Basis) { b.Lab = "x" }, func(b *Basis) { b.Toolchain = "x" }, func(b *Basis) { b.Kit = "x" },
		func(b *Basis) { b.Limits = "x" }, func(b *Basis) { b.Mode = "x" },
	} {
		now := outcome(7, 3)
		change(&now.Basis)
		keys[now.Basis.Key("h")] = true
		require.Len(t, now.Changes(outcome(7, 3)), 1, "the part is named")
	}
	assert.Len(t, keys, 8)
	assert.Equal(t, basis.Key("h"), outcome(7, 3).Basis.Key("h"))
	assert.Empty(t, outcome(7, 3).Changes(outcome(7, 3)))
	old := outcome(7, 3)
	old.Basis = Basis{}
	assert.Contains(t, outcome(7, 3).Changes(old)[0].String(), "says too little")
}

func TestCompare(t *testing.T) {
	assert.Nil(t, outcome(7, 1).Compare(outcome(7, 1)))
	for name, c := range map[string]struct {
		before, after *Submission
		lowers        bool
		tasks         int
	}{
		"up":                 {outcome(5, 3), outcome(7, 3), false, 1},
		"down":               {outcome(7, 3), outcome(5, 3), true, 1},
		"up and down, equal": {outcome(7, 1), outcome(6, 2), false, 2},
		"up and down, less":  {outcome(7, 1), outcome(5, 2), true, 2},
	} {
		move := c.after.Compare(c.before)
		require.NotNil(t, move, name)
		assert.Equal(t, c.lowers, move.Lowers(), name)
		assert.Len(t, move.Tasks, c.tasks, name)
		assert.Equal(t, []string{"nothing: the same work came out otherwise"}, move.Why)
	}
	trouble := outcome(0, 0)
	trouble.Void(check.InternalError, "x")
	assert.True(t, trouble.Compare(outcome(0, 0)).Lowers(), "trouble replaces no grade")
	assert.False(t, outcome(0, 0).Compare(trouble).Lowers(), "any grade replaces trouble")
	renamed := outcome(7, 3)
	renamed.Tasks[1].ID = "three"
	assert.Equal(t, []TaskMove{{ID: "three", After: 3, Is: check.Accepted}, {ID: "two", Before: 3, Was: check.Accepted}}, renamed.Compare(outcome(7, 3)).Tasks)
}

func TestHistory(t *testing.T) {
	at := time.Date(2023, 3, 31, 12, 0, 0, 0, time.UTC)
	first, second, third, fourth := outcome(5, 3), outcome(7, 3), outcome(7, 3), outcome(7, 2)
	second.Basis.Checks, third.Basis.Checks, fourth.Basis.Checks = "c2", "c3", "c3"
	second.Replace(first, at)
	third.Replace(second, at.Add(time.Hour))
	fourth.Replace(third, at.Add(2*time.Hour))
	again := outcome(7, 2)
	again.Basis.Checks = "c3"
	again.Replace(fourth, at.Add(3*time.Hour))
	assert.Equal(t, fourth.History, again.History, "what came out the same leaves no trace")
	require.Len(t, again.History, 3)
	moves := again.Moves(time.Time{})
	require.Len(t, moves, 2, "from the second to the third, nothing moved")
	assert.Equal(t, []TaskMove{{"one", 5, 7, check.WrongAnswer, check.Accepted}}, moves[0].Tasks)
	assert.Equal(t, []string{"the checks: c before, c2 now"}, moves[0].Why)
	assert.Equal(t, []float64{10, 9}, []float64{moves[1].Before, moves[1].After})
	assert.Len(t, again.Moves(at.Add(time.Hour)), 1)

	moves[1].Held, moves[1].Student = true, "=cmd()"
	var b bytes.Buffer
	require.NoError(t, WriteMoves(&b, moves))
	assert.Equal(t, "at,student,before,after,task,task before,task after,verdict before,verdict after,why,held\n"+
		"2023-03-31T12:00:00Z,ada,8,10,one,5,7,Wrong Answer,Accepted,\"the checks: c before, c2 now\",no\n"+
		"2023-03-31T14:00:00Z,'=cmd(),10,9,two,3,2,Accepted,Wrong Answer,nothing: the same work came out otherwise,yes\n", b.String())
}
