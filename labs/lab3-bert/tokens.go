// Package bert is lab 3: what BERT is trained with before it knows a task, and what is put on top of it for one.
//
// The tasks corruption, pairs and score are plain Go. The functions on *Node build a computation graph: they are called once
// for each shape, and a wrong shape panics while the graph is built.
//
// Letters in the shapes: B batch, L length, P chosen positions of a row, D width of the model, V vocabulary, C classes.
// Masks are Bool.
//
// Source: lecture 7, "Pre-training Transformers: BERT"; Devlin et al., BERT: Pre-training of Deep Bidirectional Transformers
// for Language Understanding (2019); google-research/bert, create_pretraining_data.py and run_classifier.py.
package bert

// The ids of the special tokens, as google/bert's vocabularies of English have them.
const (
	PadID       = 0   // [PAD] fills the rows of a batch
	ClassID     = 101 // [CLS] comes first; its state stands for the whole sequence
	SeparatorID = 102 // [SEP] ends each sentence
	MaskID      = 103 // [MASK] stands where a token was hidden
)

// isSpecial is given: whether a token is none of the text's own, so that it is never hidden.
func isSpecial(token string) bool {
	switch token {
	case "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]":
		return true
	}
	return false
}
