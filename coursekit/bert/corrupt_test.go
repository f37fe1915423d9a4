package bert_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/bert"
)

var small = bert.Specials{Pad: 0, Unknown: 1, Class: 2, Separator: 3, Mask: 4}

func source(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 7)) }

// sentence is n tokens that count up from 5.
func sentence(n int) (ids []int32) {
	for i := range n {
		ids = append(ids, int32(5+i))
	}
	return ids
}

// chosenInPython is max(1, int(round(n * 0.15))) for n = 7 to 49 tokens.
var chosenInPython = []int{1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 7, 7, 7, 7, 7}

func TestCorruptKeepsItsPromises(t *testing.T) {
	corrupter := bert.DefaultCorrupter(101, small)
	for seed := range uint64(300) {
		n := 1 + int(seed%43)
		sequence, err := small.Pair(sentence(n), sentence(3), 64)
		require.NoError(t, err)
		before := slices.Clone(sequence.IDs)
		got, err := corrupter.Corrupt(source(seed), sequence.IDs)
		require.NoError(t, err)
		require.Equal(t, before, sequence.IDs, "the input stays")

		assert.Len(t, got.Positions, chosenInPython[n-1], "%d tokens", n+6)
		assert.True(t, slices.IsSorted(got.Positions))
		assert.Len(t, slices.Compact(slices.Clone(got.Positions)), len(got.Positions), "no place twice")
		for i, id := range got.IDs {
			k, found := slices.BinarySearch(got.Positions, int32(i))
			if !found {
				require.Equal(t, before[i], id, "unchosen tokens stay")
				continue
			}
			require.Equal(t, before[i], got.Labels[k])
			require.NotContains(t, small.IDs(), before[i], "special tokens are never chosen")
			require.True(t, id == small.Mask || id >= 5, "nor drawn")
		}
		again, err := corrupter.Corrupt(source(seed), sequence.IDs)
		require.NoError(t, err)
		assert.Equal(t, got, again, "a seed is a result")
	}
}

func TestCorruptExtremes(t *testing.T) {
	corrupter := bert.DefaultCorrupter(40, small)
	corrupter.Share, corrupter.MaxChosen = 1, 99
	row := append([]int32{2}, append(sentence(17), 3)...)
	for _, c := range []struct{ mask, random float64 }{{1, 0}, {0, 1}, {0, 0}} {
		corrupter.MaskShare, corrupter.RandomShare = c.mask, c.random
		got, err := corrupter.Corrupt(source(1), row)
		require.NoError(t, err)
		assert.Equal(t, sentence(17), got.Labels)
		switch {
		case c.mask == 1:
			assert.Equal(t, slices.Repeat([]int32{4}, 17), got.IDs[1:18])
		case c.random == 1:
			assert.NotEqual(t, row, got.IDs)
			assert.NotContains(t, got.IDs, int32(4))
		default:
			assert.Equal(t, row, got.IDs)
		}
	}
	none, err := corrupter.Corrupt(source(1), []int32{2, 3, 0, 0})
	require.NoError(t, err)
	assert.Empty(t, none.Positions)
	corrupter.MaxChosen = 5
	few, err := corrupter.Corrupt(source(1), row)
	require.NoError(t, err)
	assert.Len(t, few.Positions, 5)
}

// TestWholeWords: even ids continue the word before them, so that words are pairs.
func TestWholeWords(t *testing.T) {
	corrupter := bert.DefaultCorrupter(101, small)
	row := append([]int32{2}, append(sentence(40), 3)...) // words 5 6, 7 8, ..
	split := func(positions []int32) (n int) {
		for _, at := range positions {
			other := (at - 1) ^ 1 + 1
			if !slices.Contains(positions, other) {
				n++
			}
		}
		return n
	}
	splits := 0
	for seed := range uint64(50) {
		got, err := corrupter.Corrupt(source(seed), row)
		require.NoError(t, err)
		splits += split(got.Positions)
	}
	assert.Positive(t, splits, "tokens alone split words")
	corrupter.Continues = func(id int32) bool { return id%2 == 0 }
	for seed := range uint64(50) {
		got, err := corrupter.Corrupt(source(seed), row)
		require.NoError(t, err)
		assert.Zero(t, split(got.Positions))
		assert.Len(t, got.Positions, 6)
	}
	// After a special token there is no word to continue; a word of more tokens than are wanted is passed over.
	corrupter.Continues = func(id int32) bool { return true }
	got, err := corrupter.Corrupt(source(3), []int32{2, 6, 3, 8, 10, 12, 14, 16, 3})
	require.NoError(t, err)
	assert.Equal(t, []int32{1}, got.Positions)
}

func TestCorruptErrors(t *testing.T) {
	for want, change := range map[string]func(*bert.Corrupter){
		"Mask is 9, must be one of Special":        func(c *bert.Corrupter) { c.Mask = 9 },
		"Vocabulary is 5, must have tokens beside": func(c *bert.Corrupter) { c.Vocabulary = 5 },
		"Share is 0":                                 func(c *bert.Corrupter) { c.Share = 0 },
		"MaskShare is 0.95 and RandomShare 0.1":      func(c *bert.Corrupter) { c.MaskShare = 0.95 },
		"MaxChosen is 0":                             func(c *bert.Corrupter) { c.MaxChosen = 0 },
		"token 2 is 101, not in a vocabulary of 101": func(c *bert.Corrupter) { c.Vocabulary = 101 },
	} {
		corrupter := bert.DefaultCorrupter(200, small)
		change(&corrupter)
		_, err := corrupter.Corrupt(source(1), []int32{2, 7, 101})
		assert.ErrorContains(t, err, want)
	}
}

func TestSequences(t *testing.T) {
	single, err := small.Single(sentence(9), 6)
	require.NoError(t, err)
	assert.Equal(t, bert.Sequence{IDs: []int32{2, 5, 6, 7, 8, 3}, Segments: make([]int32, 6)}, single)
	pair, err := small.Pair([]int32{11, 12, 13, 14, 15}, []int32{21, 22, 23}, 8)
	require.NoError(t, err)
	assert.Equal(t, []int32{2, 11, 12, 13, 3, 21, 22, 3}, pair.IDs, "the longer one is cut, at its end; equal ones, the second")
	assert.Equal(t, []int32{0, 0, 0, 0, 0, 1, 1, 1}, pair.Segments)

	batch, err := small.Batch(0, single, pair)
	require.NoError(t, err)
	assert.Equal(t, []int32{2, 5, 6, 7, 8, 3, 0, 0}, batch.IDs[0])
	assert.Equal(t, []bool{true, true, true, true, true, true, false, false}, batch.Mask[0])
	_, err = small.Batch(7, pair)
	assert.ErrorContains(t, err, "sequence 0 has 8 tokens and 8 segments, the batch is 7 wide")
	_, err = small.Batch(7)
	assert.ErrorContains(t, err, "at least one")
	_, err = small.Pair(sentence(2), nil, 9)
	assert.ErrorContains(t, err, "0 tokens in its second sentence")
	_, err = small.Single(nil, 2)
	assert.ErrorContains(t, err, "length 2")

	corrupter := bert.DefaultCorrupter(101, small)
	corrupter.MaxChosen = 3
	masked, err := corrupter.CorruptBatch(source(2), batch)
	require.NoError(t, err)
	for i, row := range masked.IDs {
		assert.Len(t, row, 8)
		assert.Equal(t, []bool{true, false, false}, masked.Chosen[i], "15 %% of 6 or 8 is one")
		assert.Equal(t, batch.IDs[i][masked.Positions[i][0]], masked.Labels[i][0])
	}
	assert.Equal(t, []int32{0, 0}, masked.IDs[0][6:], "padding stays")
	batch.IDs[1][3] = 500
	_, err = corrupter.CorruptBatch(source(2), batch)
	assert.ErrorContains(t, err, "row 1: bert: token 3 is 500")
}

// TestFollowing: half of the pairs follow each other, the others come from different documents.
func TestFollowing(t *testing.T) {
	documents := [][][]int32{{{10}, {11}, {12}}, {{20}}, {{30}, {31}}}
	rng, follow, seen := source(5), 0, map[int32]int{}
	for range 3000 {
		pair, err := bert.DrawFollowing(rng, documents)
		require.NoError(t, err)
		first, second := pair.First[0], pair.Second[0]
		seen[first]++
		if pair.Label == 0 {
			follow++
			assert.Equal(t, first+1, second)
		} else {
			assert.NotEqual(t, first/10, second/10)
		}
	}
	assert.InDelta(t, 1500, follow, 137, "five deviations")
	assert.Len(t, seen, 3, "10, 11 and 30 have a next one")
	for id, n := range seen {
		assert.InDelta(t, 1000, n, 130, "%d", id)
	}
	_, err := bert.DrawFollowing(rng, documents[:1])
	assert.ErrorContains(t, err, "need two documents")
	_, err = bert.DrawFollowing(rng, [][][]int32{{{1}, {2}}, {}})
	assert.ErrorContains(t, err, "document 1 has no sentences")
}
