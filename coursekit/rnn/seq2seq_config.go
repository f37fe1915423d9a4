package rnn

import (
	"errors"
	"fmt"
)

// Attention says what a decoder sees of the encoder's states, besides the last one, with which it begins.
type Attention int

const (
	// NoAttention is the last state alone: everything must go through one vector.
	NoAttention Attention = iota
	// Global is soft attention to all positions of the source (Luong et al. 2015, section 3.1).
	Global
	// Local is soft attention to the positions t-D..t+D of the source at step t of the target, D = Config.Window: "local-m",
	// monotonic alignment (Luong et al. 2015, section 3.2). It computes 2·D+1 scores a step instead of one a position.
	Local
)

// String returns the name of the attention.
func (a Attention) String() string {
	switch a {
	case NoAttention:
		return "no attention"
	case Global:
		return "global attention"
	case Local:
		return "local attention"
	}
	return "unknown attention"
}

// Seq2SeqConfig is the size and the form of an encoder-decoder of two recurrent networks.
type Seq2SeqConfig struct {
	SourceVocab, TargetVocab int // V of each side
	Embedding                int // width of a token's vector
	Hidden                   int // H of the decoder; the encoder has H/2 in each direction
	Kind                     Kind
	Attention                Attention
	Window                   int // D, of Local
	Pad                      int // the source id that ends a sequence; the positions from its first occurrence on do not exist
}

// DefaultSeq2SeqConfig is a GRU with global attention, H = 128. The vocabularies are left to set.
func DefaultSeq2SeqConfig() Seq2SeqConfig {
	return Seq2SeqConfig{Embedding: 64, Hidden: 128, Kind: GRU, Attention: Global, Window: 2}
}

// Validate returns nil or every rule that is broken.
func (c Seq2SeqConfig) Validate() error {
	var broken []error
	must := func(ok bool, format string, args ...any) {
		if !ok {
			broken = append(broken, fmt.Errorf("rnn: "+format, args...))
		}
	}
	must(c.SourceVocab >= 2, "SourceVocab is %d, must be at least 2", c.SourceVocab)
	must(c.TargetVocab >= 2, "TargetVocab is %d, must be at least 2", c.TargetVocab)
	must(c.Embedding >= 1, "Embedding is %d, must be at least 1", c.Embedding)
	must(c.Hidden >= 2 && c.Hidden%2 == 0, "Hidden is %d, must be even and at least 2: each direction of the encoder has half of it", c.Hidden)
	must(c.Kind >= Vanilla && c.Kind <= GRU, "Kind is %d, must be Vanilla, LSTM or GRU", c.Kind)
	must(c.Attention >= NoAttention && c.Attention <= Local, "Attention is %d, must be NoAttention, Global or Local", c.Attention)
	must(c.Attention != Local || c.Window >= 0, "Window is %d, must be at least 0", c.Window)
	return errors.Join(broken...)
}
