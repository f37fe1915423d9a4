package decode

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// BeamConfig says how wide to search and how to compare sequences of different lengths.
type BeamConfig struct {
	Config
	// Width is how many sequences are kept at each step. At least 1, which is greedy decoding.
	Width int
	// Best is how many sequences to return for each row. At least 1, at most Width.
	Best int
	// Alpha is the exponent of [LengthPenalty], finite and at least 0; 0 compares the log-probabilities themselves,
	// which favours short sequences.
	Alpha float64
}

// Validate returns nil or every rule that is broken.
func (c BeamConfig) Validate() error {
	broken := []error{c.Config.Validate()}
	if c.Width < 1 {
		broken = append(broken, fmt.Errorf("decode: Width is %d, must be at least 1", c.Width))
	}
	if c.Best < 1 || c.Best > c.Width {
		broken = append(broken, fmt.Errorf("decode: Best is %d, must be at least 1 and at most Width, %d", c.Best, c.Width))
	}
	if !(c.Alpha >= 0) || math.IsInf(c.Alpha, 1) {
		broken = append(broken, fmt.Errorf("decode: Alpha is %v, must be finite and at least 0", c.Alpha))
	}
	return errors.Join(broken...)
}

// LengthPenalty returns ((5+length)/6)^alpha, by which the log-probability of a sequence of length tokens, End included,
// is divided. It is 1 for alpha = 0, and for one token.
//
// Source: Wu et al. 2016, "Google's neural machine translation system", equation 14, without the coverage penalty.
// "Dive into deep learning" (10.8.3) divides by length^alpha instead, typically with alpha = 0.75: scores with the same
// alpha are not comparable.
func LengthPenalty(length int, alpha float64) float64 {
	return math.Pow(float64(5+length)/6, alpha)
}

// Hypothesis is a sequence that a beam search found.
type Hypothesis struct {
	Sequence
	// Score is LogProb divided by the [LengthPenalty].
	Score float64
}

// Beam searches for the sequences of the highest score: at each step it extends every sequence it keeps by every token
// and keeps the Width most likely. With Width 1 it is [Greedy]; when Width is the number of all sequences, V^Length, it
// is exhaustive. In between neither the best sequence nor that a wider search is better is guaranteed.
//
// It keeps its compiled graphs: make one and use it for many batches of the same shape. The model runs on B*Width rows. If
// it is [Incremental], the states follow their sequences from step to step, and each input is encoded once, else Width
// times. Not for use by two goroutines at once.
type Beam struct {
	config BeamConfig
	rows   *rows
}

// NewBeam prepares beam search with m, whose trained variables are in store.
func NewBeam(backend compute.Backend, store *model.Store, m Model, config BeamConfig) (*Beam, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	rows, err := newRows(backend, store, m, config.Config, config.Width)
	if err != nil {
		return nil, err
	}
	return &Beam{config: config, rows: rows}, nil
}

// Decode returns for each row of the inputs the Best sequences found, the highest score first, of equal ones that which
// was complete first; fewer if fewer were found. The first axis of every input is the batch.
//
// A sequence is complete with End, which takes one of the Width places of its step, or when it is cut off at
// Config.Length: those that were cut off are returned with the others, by their score.
//
// Source: "Dive into deep learning", 10.8.3; Sutskever, Vinyals and Le 2014, section 3.2.
func (b *Beam) Decode(inputs ...*tensors.Tensor) ([][]Hypothesis, error) {
	next, batch, finish, err := b.rows.start(inputs)
	if err != nil {
		return nil, err
	}
	defer finish()
	width, length := b.config.Width, b.config.Length+1
	searches := make([]search, batch)
	for i := range searches {
		searches[i] = search{config: b.config, running: []Sequence{{Tokens: []int32{}}}}
	}
	for position := range b.config.Length {
		tokens, parents, running := b.config.begun(batch*width), themselves(batch*width), 0
		for i, s := range searches {
			for k, sequence := range s.running {
				copy(tokens[(i*width+k)*length+1:], sequence.Tokens)
				if position > 0 {
					parents[i*width+k] = int32(i*width + s.parents[k])
				}
				running++
			}
		}
		if running == 0 {
			break
		}
		logits, err := next(tokens, position, parents)
		if err != nil {
			return nil, err
		}
		for i := range searches {
			if err := searches[i].extend(logits[i*width : (i+1)*width]); err != nil {
				return nil, fmt.Errorf("decode: row %d, step %d: %w", i, position, err)
			}
		}
	}
	result := make([][]Hypothesis, batch)
	for i := range searches {
		result[i] = searches[i].complete[:min(b.config.Best, len(searches[i].complete))]
	}
	return result, nil
}

// search is the state of the search for one row of the inputs.
type search struct {
	config   BeamConfig
	running  []Sequence   // at most Width, all of the same length
	parents  []int        // of each running sequence, which one of the step before it extends
	complete []Hypothesis // the highest score first
}

// extend goes one token further, given the logits [V] of each running sequence.
func (s *search) extend(logits [][]float64) error {
	type candidate struct {
		parent, token int
		logProb       float64
	}
	var candidates []candidate
	for parent, sequence := range s.running {
		logProbs, err := LogSoftmax(logits[parent])
		if err != nil {
			return err
		}
		for token, logProb := range logProbs {
			if !math.IsInf(logProb, -1) {
				candidates = append(candidates, candidate{parent, token, sequence.LogProb + logProb})
			}
		}
	}
	// Candidates have the same length: a length penalty does not change their order.
	slices.SortStableFunc(candidates, func(a, b candidate) int { return cmp.Compare(b.logProb, a.logProb) })

	var running []Sequence
	s.parents = nil
	for _, c := range candidates[:min(s.config.Width, len(candidates))] {
		next := Sequence{Tokens: slices.Clone(s.running[c.parent].Tokens), LogProb: c.logProb, Ended: c.token == s.config.End}
		if !next.Ended {
			next.Tokens = append(next.Tokens, int32(c.token))
		}
		switch {
		case next.Ended:
			s.add(next, len(next.Tokens)+1)
		case len(next.Tokens) == s.config.Length:
			s.add(next, len(next.Tokens))
		default:
			running, s.parents = append(running, next), append(s.parents, c.parent)
		}
	}
	s.running = running
	slices.SortStableFunc(s.complete, func(a, b Hypothesis) int { return cmp.Compare(b.Score, a.Score) })
	if s.decided() {
		s.running = nil
	}
	return nil
}

// add appends a complete sequence of length tokens, End included.
func (s *search) add(sequence Sequence, length int) {
	s.complete = append(s.complete, Hypothesis{sequence, sequence.LogProb / LengthPenalty(length, s.config.Alpha)})
}

// decided says whether no running sequence can still come among the Best: a log-probability, at most 0, only falls, and
// is divided by at most the penalty of the full length.
func (s *search) decided() bool {
	if len(s.running) == 0 || len(s.complete) < s.config.Best {
		return false
	}
	bound := s.running[0].LogProb / LengthPenalty(s.config.Length, s.config.Alpha)
	return s.complete[s.config.Best-1].Score >= bound
}
