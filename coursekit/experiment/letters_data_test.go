package experiment

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/training"
	"courselab/coursekit/transformer"
)

var small = alphabet{letters: 11, minLength: 2, maxLength: 4}

// TestNoSetIsTrainedAndTested draws many inputs of each kind and looks at their sets.
func TestNoSetIsTrainedAndTested(t *testing.T) {
	heldOut := make(map[string]bool)
	for _, test := range []bool{true, false} {
		for step := range 6000 {
			letters := small.draw(training.Rand(1, step), test)
			set := spell(sorted(letters))
			if before, seen := heldOut[set]; seen {
				require.Equal(t, before, test, "the set %s", set)
			}
			heldOut[set] = test
		}
	}
	// 55 + 165 + 330 sets, all of them seen by now, about a tenth of them held out.
	assert.Len(t, heldOut, 550)
	count := 0.0
	for _, test := range heldOut {
		if test {
			count++
		}
	}
	assert.InDelta(t, 0.1, count/550, 0.04)
}

func sorted(letters []int) []int {
	ids := make([]int32, len(letters))
	for i, letter := range letters {
		ids[i] = int32(letter)
	}
	result := make([]int, len(letters))
	for i, id := range setOf(ids) {
		result[i] = int(id)
	}
	return result
}

// TestSplitDoesNotDependOnOrder is what keeps [c,a,d] out of training if [a,c,d] is in the test. The last lines pin the
// hash: it must be the same in every process and on every machine.
func TestSplitDoesNotDependOnOrder(t *testing.T) {
	for step := range 200 {
		rng := training.Rand(3, step)
		letters := rng.Perm(11)[:4]
		held := small.heldOut(letters)
		rng.Shuffle(4, func(i, j int) { letters[i], letters[j] = letters[j], letters[i] })
		assert.Equal(t, held, small.heldOut(letters))
	}
	for set, want := range map[string]bool{"ac": true, "acd": false, "abc": false, "acdh": true, "aefg": false, "fk": true} {
		var letters []int
		for _, letter := range set {
			letters = append(letters, int(letter-'a'))
		}
		assert.Equal(t, want, small.heldOut(letters), set)
	}
}

func TestInputsAreDifferentLettersInAllOrders(t *testing.T) {
	inputs, err := small.drawTest(training.Rand(5, 0), 300)
	require.NoError(t, err)
	seen, lengths, ascending := map[string]bool{}, map[int]int{}, 0
	for _, letters := range inputs {
		assert.False(t, seen[spell(letters)], "%s twice", spell(letters))
		seen[spell(letters)] = true
		lengths[len(letters)]++
		set := map[int]bool{}
		for _, letter := range letters {
			set[letter] = true
		}
		assert.Len(t, set, len(letters), "a letter occurs twice in %s", spell(letters))
		if spell(letters) == spell(sorted(letters)) {
			ascending++
		}
	}
	assert.Len(t, lengths, 3)
	assert.Less(t, ascending, 100, "inputs are not sorted")
	_, err = small.drawTest(training.Rand(5, 0), 3000)
	assert.ErrorContains(t, err, "use more letters or fewer inputs")
}

func TestChance(t *testing.T) {
	assert.InDelta(t, (1./2+1./6+1./720)/3, chance([][]int{{1, 2}, {1, 2, 3}, {1, 2, 3, 4, 5, 6}}), 1e-15)
}

// TestSequenceBatch reads a batch back: source, shifted target, target, of inputs for training only.
func TestSequenceBatch(t *testing.T) {
	task := sequenceTask{small, 64, transformer.Config{}}
	batch, err := task.batches(training.Rand(7, 1), 1)
	require.NoError(t, err)
	source := batch[0].Value().([][]int32)
	input := batch[1].Value().([][]int32)
	output := batch[2].Value().([][]int32)
	for i := range source {
		var letters []int
		for _, id := range source[i] {
			if id != padToken {
				letters = append(letters, int(id)-firstSymbol)
			}
		}
		n := len(letters)
		assert.False(t, small.heldOut(letters))
		assert.Equal(t, int32(startToken), input[i][0])
		assert.Equal(t, source[i][:n], input[i][1:n+1])
		assert.Equal(t, source[i][:n], output[i][:n])
		assert.Equal(t, int32(endToken), output[i][n])
		for _, id := range append(append([]int32{}, input[i][n+1:]...), output[i][n+1:]...) {
			assert.Equal(t, int32(padToken), id)
		}
	}
	again, err := task.batches(training.Rand(7, 1), 1)
	require.NoError(t, err)
	assert.Equal(t, source, again[0].Value())
}

// TestSetBatch: the blank, some elements of the target, and the uniform distribution over the others.
func TestSetBatch(t *testing.T) {
	task := setTask{small, 64, transformer.Config{}}
	batch, err := task.batches(training.Rand(7, 1), 1)
	require.NoError(t, err)
	source := batch[0].Value().([][]int32)
	input := batch[1].Value().([][]int32)
	target := batch[2].Value().([][]float32)
	ends, partial := 0, 0
	for i := range source {
		missing := map[int32]bool{}
		for _, id := range source[i] {
			missing[id] = id != padToken
		}
		assert.Equal(t, int32(startToken), input[i][0])
		for _, id := range input[i][1:] {
			if id != padToken {
				assert.True(t, missing[id], "%d is known but was not asked for", id)
				delete(missing, id)
			}
		}
		delete(missing, padToken)
		sum := 0.0
		for id, share := range target[i] {
			sum += float64(share)
			switch {
			case missing[int32(id)]:
				assert.InDelta(t, 1/float64(len(missing)), share, 1e-6)
			case id == endToken && len(missing) == 0:
				assert.Equal(t, float32(1), share)
				ends++
			default:
				assert.Zero(t, share)
			}
		}
		assert.InDelta(t, 1, sum, 1e-6)
		if len(missing) > 0 && len(missing) < 4 {
			partial++
		}
	}
	assert.Positive(t, ends)
	assert.Positive(t, partial)
}

func TestExamplesAndNames(t *testing.T) {
	s := score{outputs: [][]int32{{6, 4}, {3, endToken}}}
	examples := s.examples("sequence", [][]int{{3, 1}, {0, 2}})
	assert.Equal(t, []Example{
		{Input: "sequence [d,b]", Want: "[4,2]", Got: "[4,2]"},
		{Input: "sequence [a,c]", Want: "[1,3]", Got: "[1,END]"},
	}, examples)
	assert.Equal(t, "{2,4}", s.examples("set", [][]int{{3, 1}})[0].Got)
	assert.Equal(t, []string{"PAD", "START", "END", "26"}, numberNames([]int32{0, 1, 2, 28}))
	assert.Equal(t, []int{1, 2, 3}, longest([][]int{{1}, {1, 2, 3}, {4, 5, 6}}))
}
