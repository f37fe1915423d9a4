package synth_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/datasets/synth"
)

// The lecture's own two lines.
func TestLettersLecture(t *testing.T) {
	sets, sequences := synth.DefaultLetters(), synth.DefaultLetters()
	sequences.Sequence = true
	assert.Equal(t, "{a, c, d} -> {4, 3, 1}", sets.Pair([]int{0, 2, 3}).String())
	assert.Equal(t, "[a, c, d] -> [1, 3, 4]", sequences.Pair([]int{0, 2, 3}).String())
	assert.Equal(t, "[d, a, c] -> [4, 1, 3]", sequences.Pair([]int{3, 0, 2}).String())
	assert.Equal(t, sets.Pair([]int{3, 0, 2}).Numbers, sets.Pair([]int{0, 2, 3}).Numbers, "a set's target must not depend on the order of the input")
}

func TestLettersTruth(t *testing.T) {
	for _, sequence := range []bool{false, true} {
		g := synth.Letters{Alphabet: 13, MinLength: 2, MaxLength: 5, Sequence: sequence}
		lengths, letters, first := make([]int, 4), make([]int, 13), make([]int, 13)
		for _, pair := range draw(t, g, 11, 5003) {
			lengths[len(pair.Letters)-2]++
			first[pair.Letters[0]]++
			for i, l := range pair.Letters {
				letters[l]++
				require.Equal(t, 1, count(pair.Letters, l), "letters must differ")
				require.Contains(t, pair.Numbers, l+1)
				if sequence {
					require.Equal(t, l+1, pair.Numbers[i])
				}
			}
			require.Len(t, pair.Numbers, len(pair.Letters))
			if !sequence {
				require.True(t, slices.IsSortedFunc(pair.Numbers, func(a, b int) int { return b - a }))
			}
		}
		requireUniform(t, lengths, "length")
		requireUniform(t, letters, "letter")
		requireUniform(t, first, "first letter")
	}
}

func count(list []int, want int) (n int) {
	for _, v := range list {
		if v == want {
			n++
		}
	}
	return n
}

// No set is in both splits, in any order; the share is what was asked for; and both kinds of task and all seeds agree.
func TestLettersSplitBySet(t *testing.T) {
	g := synth.Letters{Alphabet: 17, MinLength: 3, MaxLength: 4, Held: 0.2}
	train, test := g, g
	train.Split, test.Split, test.Sequence = synth.Train, synth.Test, true
	seen := map[string]bool{}
	key := func(pair synth.LetterPair) string {
		sorted := slices.Clone(pair.Letters)
		slices.Sort(sorted)
		return fmt.Sprint(sorted)
	}
	for _, pair := range draw(t, train, 3, 10007) {
		require.False(t, g.HeldOut(pair.Letters))
		seen[key(pair)] = true
	}
	distinct := map[string]bool{}
	for _, pair := range draw(t, test, 5, 10007) {
		require.True(t, g.HeldOut(pair.Letters))
		require.False(t, seen[key(pair)], "%v leaks", pair)
		distinct[key(pair)] = true
	}
	// All sets of 3 and 4 of 17 letters: 680 + 2380.
	requireShare(t, len(distinct), 3060, 0.2, "held-out sets")
	// Golden: the split must never move, or published numbers do.
	assert.True(t, g.HeldOut([]int{9, 1, 5, 4}))
	assert.False(t, g.HeldOut([]int{0, 2, 3}))
}

func TestLettersGolden(t *testing.T) {
	var got []string
	for _, pair := range draw(t, synth.DefaultLetters(), 1, 3) {
		got = append(got, pair.String())
	}
	assert.Equal(t, []string{
		"{f, o, j, z, k, w} -> {26, 23, 15, 11, 10, 6}",
		"{d, k, o} -> {15, 11, 4}",
		"{z, p, j} -> {26, 16, 10}",
	}, got)
}

func TestSameSet(t *testing.T) {
	assert.True(t, synth.SameSet([]int{4, 3, 1}, []int{1, 3, 4}))
	assert.False(t, synth.SameSet([]int{4, 3, 1}, []int{1, 3, 3}))
	assert.False(t, synth.SameSet([]int{1, 1, 3}, []int{1, 3, 3}))
	assert.False(t, synth.SameSet([]int{1}, []int{1, 1}))
}

func TestSplitString(t *testing.T) {
	assert.Equal(t, "all train test Split(7)", fmt.Sprint(synth.All, " ", synth.Train, " ", synth.Test, " ", synth.Split(7)))
}
