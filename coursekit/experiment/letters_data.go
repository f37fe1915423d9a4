package experiment

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// The tokens of the letters-to-numbers task. The letter number i, counted from 0, and the number i+1 have the same
// id, firstSymbol+i, one in the source vocabulary, the other in the target's; the model does not know that.
const (
	padToken    = 0
	startToken  = 1 // begins a sequence; in the set task, the blank that stands for the missing element
	endToken    = 2
	firstSymbol = 3
)

// alphabet is the world of the task: letters a, b, c, ... and how many of them an input holds.
type alphabet struct {
	letters              int
	minLength, maxLength int
}

// vocabulary is V, of both sides.
func (a alphabet) vocabulary() int { return firstSymbol + a.letters }

// heldOut says if an input is for the test, by its set of letters alone: if [a,c,d] is, so is every order of these
// letters, and none of them is ever trained on. A tenth of the sets is.
func (a alphabet) heldOut(letters []int) bool {
	var set uint64 // one bit a letter
	for _, letter := range letters {
		set |= 1 << letter
	}
	// FNV-1a over the bytes of the set, folded: fixed for all time, unlike hash/maphash or a language's own hash.
	hash := uint64(0xCBF29CE484222325)
	for range 8 {
		hash = (hash ^ set&0xFF) * 0x100000001B3
		set >>= 8
	}
	hash ^= hash >> 32
	return hash%10 == 0
}

// draw returns an input: a number of letters, which letters, and in which order, all at random; the length is uniform,
// then every arrangement of that length which is held out, or which is not.
func (a alphabet) draw(rng *rand.Rand, heldOut bool) []int {
	length := a.minLength + rng.IntN(a.maxLength-a.minLength+1)
	for {
		letters := rng.Perm(a.letters)[:length]
		if a.heldOut(letters) == heldOut {
			return letters
		}
	}
}

// drawTest returns n different held-out inputs. It returns an error if there do not seem to be that many.
func (a alphabet) drawTest(rng *rand.Rand, n int) ([][]int, error) {
	seen := make(map[string]bool, n)
	inputs := make([][]int, 0, n)
	for tries := 0; len(inputs) < n; tries++ {
		if tries > 100*n {
			return nil, fmt.Errorf("found only %d different inputs of %d to %d letters out of %d, %d were asked for: use more letters or fewer inputs",
				len(inputs), a.minLength, a.maxLength, a.letters, n)
		}
		letters := a.draw(rng, true)
		if key := spell(letters); !seen[key] {
			seen[key] = true
			inputs = append(inputs, letters)
		}
	}
	return inputs, nil
}

// chance is the expected share of inputs whose order is guessed right, if their sets are known: the mean of 1/L!.
func chance(inputs [][]int) float64 {
	sum := 0.0
	for _, letters := range inputs {
		orders := 1
		for i := range letters {
			orders *= i + 1
		}
		sum += 1 / float64(orders)
	}
	return sum / float64(len(inputs))
}

// sourceRow writes the ids of letters, padded to the longest input, into row.
func (a alphabet) sourceRow(row []int32, letters []int) {
	for i, letter := range letters {
		row[i] = int32(firstSymbol + letter)
	}
}

// numbers are the ids of the target, in the order of the letters.
func numbers(letters []int) []int32 {
	ids := make([]int32, len(letters))
	for i, letter := range letters {
		ids[i] = int32(firstSymbol + letter)
	}
	return ids
}

// spell writes letters as "acd".
func spell(letters []int) string {
	var b strings.Builder
	for _, letter := range letters {
		b.WriteByte(byte('a' + letter))
	}
	return b.String()
}

// letterNames are the labels of an input.
func letterNames(letters []int) []string {
	names := make([]string, len(letters))
	for i, letter := range letters {
		names[i] = string(rune('a' + letter))
	}
	return names
}

// numberNames writes target ids as numbers, and special tokens by name.
func numberNames(ids []int32) []string {
	names := make([]string, len(ids))
	for i, id := range ids {
		switch id {
		case padToken:
			names[i] = "PAD"
		case startToken:
			names[i] = "START"
		case endToken:
			names[i] = "END"
		default:
			names[i] = fmt.Sprint(id - firstSymbol + 1)
		}
	}
	return names
}

// setOf is a sorted copy.
func setOf(ids []int32) []int32 {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	return ids
}
