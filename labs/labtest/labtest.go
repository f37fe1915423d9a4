// Package labtest holds the tests that the checks of every lab must stand:
//
//	func TestChecks(t *testing.T) { labtest.Run(t, "lab1-attention", reference, public.Suite, hidden.Suite) }
//
// They run in process, without a sandbox. `autograde audit` asks the same of the lab as it is graded, and more.
package labtest

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/autograde/check"
	"courselab/autograde/check/local"
	"courselab/autograde/worker"
)

// seeds is how often the reference is asked anew.
const seeds = 50

// Run requires of a lab's suites, of which one holds the public and one the hidden checks:
//
//   - that the reference passes every check with every one of many seeds: a check that fails now and then would fail a
//     student now and then;
//   - that answers of the right shape without the right content, such as the arguments themselves, and answers of the wrong kind, pass no
//     check and confuse none: an internal error is not charged to a student;
//   - that every check has a title and a hint, and that no hint of a hidden check shows a number to copy.
func Run(t *testing.T, lab string, reference worker.Functions, public, hidden check.Suite) {
	t.Helper()
	require.NoError(t, check.Validate(public, hidden))
	l := suites{public, hidden}
	t.Run("Reference", func(t *testing.T) { l.accepts(t, reference) })
	t.Run("Spoiled", func(t *testing.T) { l.rejectsSpoiled(t, reference) })
	t.Run("Hints", func(t *testing.T) { l.hints(t, lab) })
}

// suites are the public and the hidden checks.
type suites [2]check.Suite

func (l suites) accepts(t *testing.T, reference worker.Functions) {
	caller, err := local.NewCaller(reference)
	require.NoError(t, err)
	for seed := range uint64(seeds) {
		for _, r := range l.run(caller, seed) {
			require.Equal(t, check.Accepted, r.Verdict, "seed %d: %s", seed, r.Text())
			require.Equal(t, 1.0, r.Fraction)
		}
	}
}

func (l suites) rejectsSpoiled(t *testing.T, reference worker.Functions) {
	inner, err := local.NewCaller(reference)
	require.NoError(t, err)
	callers := map[string]check.Caller{"the first argument": echo{inner: inner}, "the last argument": echo{inner: inner, last: true}}
	for name, spoil := range spoils {
		callers[name] = spoiler{inner, spoil}
	}
	for name, caller := range callers {
		t.Run(name, func(t *testing.T) {
			records := l.run(caller, 1)
			require.Len(t, records, len(l[0].Checks)+len(l[1].Checks))
			for _, r := range records {
				assert.NotEqual(t, check.Accepted, r.Verdict, r.Check)
				assert.NotEqual(t, check.InternalError, r.Verdict, "%s: %s", r.Check, r.Staff)
			}
		})
	}
}

func (l suites) hints(t *testing.T, lab string) {
	for i, suite := range l {
		assert.Equal(t, lab, suite.Lab)
		for _, c := range suite.Checks {
			assert.NotEmpty(t, c.Hint, c.ID)
			assert.NotEmpty(t, c.Title, c.ID)
			assert.Equal(t, i == 1, c.Hidden, c.ID)
			if c.Hidden {
				assert.NotRegexp(t, `0\.\d\d`, c.Hint, c.ID)
			}
		}
	}
}

func (l suites) run(caller check.Caller, seed uint64) (records []check.Record) {
	check.Run(context.Background(), check.Options{Seed: seed, Staff: true}, caller,
		func(r check.Record) { records = append(records, r) }, l[:]...)
	return records
}
