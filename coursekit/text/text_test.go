package text_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/text"
	"courselab/coursekit/worked"
)

var specials = text.Specials{Start: worked.Start, End: worked.End, Pad: worked.Pad, Unknown: worked.Unknown}

// lecture returns the vocabulary of the lecture's mini-batch, with its ids.
func lecture(t testing.TB) *text.Vocabulary {
	ids := map[string]int32{}
	for r, row := range worked.Batch.Words {
		for c, word := range row {
			switch word {
			case "START", "END", "PAD", "UNK":
			default:
				ids[word] = worked.Batch.IDs[r][c]
			}
		}
	}
	v, err := text.NewVocabulary(ids, specials)
	require.NoError(t, err)
	return v
}

func TestTheLecturesBatch(t *testing.T) {
	v := lecture(t)
	var sentences [][]string
	for _, s := range worked.Sentences {
		sentences = append(sentences, text.Words.Split(s))
	}
	b, err := text.NewBatch(v, worked.Batch.Width, sentences...)
	require.NoError(t, err)
	require.Equal(t, worked.Batch.IDs, b.IDs)
	for r, row := range b.IDs {
		words, err := v.Decode(row)
		require.NoError(t, err)
		assert.Equal(t, worked.Batch.Words[r], words)
	}
	assert.Equal(t, []bool{false, false, true, false}, b.Truncated)
	assert.NotContains(t, b.IDs[2], int32(worked.End), "the third row is cut off before its END")
	assert.Equal(t, []int{10, 7, 10, 5}, b.Lengths())
	assert.Equal(t, 1001, v.Size(), "UNK has the highest id")
}

func ExampleNewBatch() {
	v, _ := text.BuildVocabulary([][]string{{"the", "cat", "sat"}, {"the", "dog"}}, 100)
	b, _ := text.NewBatch(v, 5, []string{"the", "cat"}, []string{"the", "cat", "and", "the", "dog"})
	for i, row := range b.IDs {
		words, _ := v.Decode(row)
		fmt.Println(words, row, b.Mask[i])
	}
	// Output:
	// [START the cat END PAD] [1 4 5 2 0] [true true true true false]
	// [START the cat UNK the] [1 4 5 3 4] [true true true true true]
}

func TestBatchProperties(t *testing.T) {
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 7))
		words := []string{"a", "b", "c", "d", "e", "f", "g"}[:1+r.IntN(7)]
		v, err := text.BuildVocabulary([][]string{words}, 64)
		require.NoError(t, err)
		sentences := make([][]string, 1+r.IntN(5))
		for i := range sentences {
			for range r.IntN(12) {
				sentences[i] = append(sentences[i], words[r.IntN(len(words))])
			}
		}
		width := r.IntN(14)
		b, err := text.NewBatch(v, width, sentences...)
		require.NoError(t, err)
		for i, row := range b.IDs {
			full := len(sentences[i]) + 2
			if width > 0 {
				require.Len(t, row, width)
			}
			assert.Equal(t, full > len(row), b.Truncated[i])
			assert.Equal(t, min(full, len(row)), b.Lengths()[i])
			for k, id := range row {
				assert.Equal(t, id != text.DefaultSpecials.Pad, b.Mask[i][k])
			}
			back, err := v.Sentence(row)
			require.NoError(t, err)
			want := sentences[i][:min(len(sentences[i]), max(len(row)-1, 0))]
			assert.Equal(t, strings.Join(want, " "), strings.Join(back, " "))
		}
	}
}

// A model goes on writing after END; what it writes then does not count.
func TestSentenceEndsAtEnd(t *testing.T) {
	words, err := lecture(t).Sentence([]int32{997, 82, 1000, 189, 998, 4, 997, 1, 999})
	require.NoError(t, err)
	assert.Equal(t, []string{"big", "UNK", "elephant"}, words)
}

func TestShift(t *testing.T) {
	b, err := text.NewBatch(lecture(t), 10, []string{"big", "elephant", "."}, []string{"a", "bird"})
	require.NoError(t, err)
	inputs, targets, mask, err := b.Shift()
	require.NoError(t, err)
	assert.Equal(t, []int32{997, 82, 189, 4, 998, 999, 999, 999, 999}, inputs[0])
	assert.Equal(t, []int32{82, 189, 4, 998, 999, 999, 999, 999, 999}, targets[0])
	assert.Equal(t, []bool{true, true, true, true, false, false, false, false, false}, mask[0], "END counts, PAD does not")
	assert.Equal(t, []bool{true, true, true, false, false, false, false, false, false}, mask[1])

	narrow, err := text.NewBatch(lecture(t), 1, []string{"a"})
	require.NoError(t, err)
	_, _, _, err = narrow.Shift()
	assert.ErrorContains(t, err, "no next token")
}

func TestVocabularyOrder(t *testing.T) {
	sentences := [][]string{{"b", "c", "a", "c"}, {"c", "b", "z"}}
	v, err := text.BuildVocabulary(sentences, 7)
	require.NoError(t, err)
	assert.Equal(t, []string{"c", "b", "a"}, v.Words(), "by frequency, then by the alphabet; z has no room")
	assert.Equal(t, 7, v.Size())
	id, ok := v.ID("z")
	assert.True(t, ok)
	assert.Equal(t, text.DefaultSpecials.Unknown, id)

	alphabet, err := text.BuildAlphabet([][]string{text.Characters.Split("hello")})
	require.NoError(t, err)
	assert.Equal(t, []string{"e", "h", "l", "o"}, alphabet.Words())
	ids, err := alphabet.Encode(text.Characters.Split("hole"))
	require.NoError(t, err)
	assert.Equal(t, []int32{1, 3, 2, 0}, ids)
}

func TestTextCannotProduceSpecialTokens(t *testing.T) {
	v, err := text.BuildVocabulary([][]string{{"PAD", "word"}}, 10)
	require.NoError(t, err)
	id, _ := v.ID("PAD")
	assert.NotEqual(t, text.DefaultSpecials.Pad, id)
	id, _ = v.ID("END")
	assert.Equal(t, text.DefaultSpecials.Unknown, id)
}

func TestTokenizers(t *testing.T) {
	for input, want := range map[string][]string{
		"She launched into a bass solo.":   {"She", "launched", "into", "a", "bass", "solo", "."},
		"it's state-of-the-art, isn’t it?": {"it's", "state-of-the-art", ",", "isn’t", "it", "?"},
		"- 'quoted' 3.5€":                  {"-", "'", "quoted", "'", "3", ".", "5", "€"},
		" \t\n":                            nil,
		"naïve cafe\u0301":                 {"naïve", "cafe\u0301"},
		"猫 はい":                             {"猫", "はい"},
	} {
		assert.Equal(t, want, text.Words.Split(input), input)
	}
	for _, s := range append(worked.Sentences, "") {
		assert.Equal(t, s, text.Words.Join(text.Words.Split(s)))
	}
	for _, s := range []string{"", "naïve 猫\n", "a b"} {
		assert.Equal(t, s, text.Characters.Join(text.Characters.Split(s)))
	}
	assert.Equal(t, []string{"a", "\uFFFD"}, text.Characters.Split("a\xff"))
}

func TestBadInputIsAnError(t *testing.T) {
	bare, err := text.NewVocabulary(map[string]int32{"a": 0}, text.NoSpecials)
	require.NoError(t, err)
	v := lecture(t)
	for want, f := range map[string]func() error{
		`"b" (token 1) is not in the vocabulary`:      func() error { _, err := bare.Encode([]string{"a", "b"}); return err },
		"id 7 (token 0) is not in the vocabulary":     func() error { _, err := bare.Decode([]int32{7}); return err },
		"id -1 (token 0)":                             func() error { _, err := v.Decode([]int32{-1}); return err },
		"sentence 1 has 1 tokens of 2, and the vocab": func() error { _, err := text.NewBatch(bare, 2, []string{"a", "a"}, []string{"a"}); return err },
		"sentence 0: text: \"x\"":                     func() error { _, err := text.NewBatch(bare, 2, []string{"x"}); return err },
		"at least one sentence":                       func() error { _, err := text.NewBatch(v, 5); return err },
		"cannot be -1 wide":                           func() error { _, err := text.NewBatch(v, -1, []string{"a"}); return err },
		`"a" and "b" have the same id 3`: func() error {
			_, err := text.NewVocabulary(map[string]int32{"b": 3, "a": 3}, text.NoSpecials)
			return err
		},
		`"PAD" and "dog" have the same id 999`: func() error { _, err := text.NewVocabulary(map[string]int32{"dog": 999}, specials); return err },
		`the id of "a" is -5`:                  func() error { _, err := text.NewVocabulary(map[string]int32{"a": -5}, specials); return err },
		"no room for the 4 special tokens":     func() error { _, err := text.BuildVocabulary(nil, 3); return err },
	} {
		assert.ErrorContains(t, f(), want)
	}
}
