package text

import "fmt"

// Batch is a number of sentences as one rectangle.
type Batch struct {
	IDs       [][]int32 // [B, L]
	Mask      [][]bool  // [B, L], false where IDs is PAD: what may be attended to and what counts in a loss
	Truncated []bool    // [B], the sentence was longer than the row: it is cut off and has no END
}

// NewBatch returns the sentences as rows of the given width: START, the words, END, and PAD up to the width. A sentence
// that is too long is cut off at the right, END included. Width 0 means as wide as the longest sentence needs.
//
// A vocabulary without START or END gets rows without them. Errors: no sentences, a width below 0, a word that cannot be
// encoded, or a row that needs PAD where the vocabulary has none.
//
// Source: lecture 7, "Mini-Batch", where the third row is cut off.
func NewBatch(v *Vocabulary, width int, sentences ...[]string) (Batch, error) {
	if len(sentences) == 0 {
		return Batch{}, fmt.Errorf("text: a batch needs at least one sentence")
	}
	if width < 0 {
		return Batch{}, fmt.Errorf("text: a batch cannot be %d wide", width)
	}
	rows := make([][]int32, len(sentences))
	longest := 0
	for i, sentence := range sentences {
		row, err := v.row(sentence)
		if err != nil {
			return Batch{}, fmt.Errorf("sentence %d: %w", i, err)
		}
		rows[i], longest = row, max(longest, len(row))
	}
	if width == 0 {
		width = longest
	}
	b := Batch{Truncated: make([]bool, len(rows))}
	for i, row := range rows {
		if len(row) < width && v.specials.Pad == None {
			return Batch{}, fmt.Errorf("text: sentence %d has %d tokens of %d, and the vocabulary has no PAD", i, len(row), width)
		}
		ids, mask := make([]int32, width), make([]bool, width)
		for k := range ids {
			ids[k] = v.specials.Pad
			if k < len(row) {
				ids[k], mask[k] = row[k], true
			}
		}
		b.IDs, b.Mask, b.Truncated[i] = append(b.IDs, ids), append(b.Mask, mask), len(row) > width
	}
	return b, nil
}

// row returns START, the ids of the words, END.
func (v *Vocabulary) row(sentence []string) ([]int32, error) {
	ids, err := v.Encode(sentence)
	if err != nil {
		return nil, err
	}
	if v.specials.Start != None {
		ids = append([]int32{v.specials.Start}, ids...)
	}
	if v.specials.End != None {
		ids = append(ids, v.specials.End)
	}
	return ids, nil
}

// Shift returns what a left-to-right model reads and what it must say: inputs are all columns but the last, targets all but
// the first, each [B, L-1], and mask is false where the target is PAD and must not count in the loss.
//
// It returns an error for a batch that is less than two wide.
func (b Batch) Shift() (inputs, targets [][]int32, mask [][]bool, err error) {
	for i, row := range b.IDs {
		if len(row) < 2 {
			return nil, nil, nil, fmt.Errorf("text: a batch of width %d has no next token to predict", len(row))
		}
		inputs, targets = append(inputs, row[:len(row)-1]), append(targets, row[1:])
		mask = append(mask, b.Mask[i][1:])
	}
	return inputs, targets, mask, nil
}

// Lengths returns the number of tokens of each row that are not PAD, [B].
func (b Batch) Lengths() []int {
	lengths := make([]int, len(b.Mask))
	for i, row := range b.Mask {
		for _, real := range row {
			if real {
				lengths[i]++
			}
		}
	}
	return lengths
}
