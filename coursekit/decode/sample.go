package decode

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// SampleConfig says from which distribution tokens are drawn: the model's, changed by [Temperature], then by [TopK],
// then by [Nucleus].
type SampleConfig struct {
	Config
	// Temperature is at least 0. 1 is the model's distribution; 0 always takes the most likely token.
	Temperature float64
	// TopK is how many of the most likely tokens may be drawn; 0 for all.
	TopK int
	// TopP is the probability of the nucleus, above 0; 1 for all tokens.
	TopP float64
}

// DefaultSampleConfig draws from the model's own distribution.
func DefaultSampleConfig(config Config) SampleConfig {
	return SampleConfig{Config: config, Temperature: 1, TopK: 0, TopP: 1}
}

// Validate returns nil or every rule that is broken.
func (c SampleConfig) Validate() error {
	return errors.Join(c.Config.Validate(), temperatureRule(c.Temperature), topKRule(c.TopK), topPRule(c.TopP))
}

// distribution returns what is drawn from, given the model's log-probabilities [V].
func (c SampleConfig) distribution(logProbs []float64) ([]float64, error) {
	changed, err := Temperature(logProbs, c.Temperature)
	if err != nil {
		return nil, err
	}
	if changed, err = TopK(changed, c.TopK); err != nil {
		return nil, err
	}
	return Nucleus(changed, c.TopP)
}

// Sampler draws each token from the model's distribution, given those before it. It keeps its compiled graphs: make one
// and use it for many batches of the same shape. Not for use by two goroutines at once.
type Sampler struct {
	config SampleConfig
	rows   *rows
}

// NewSampler prepares sampling from m, whose trained variables are in store.
func NewSampler(backend compute.Backend, store *model.Store, m Model, config SampleConfig) (*Sampler, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	rows, err := newRows(backend, store, m, config.Config, 1)
	if err != nil {
		return nil, err
	}
	return &Sampler{config: config, rows: rows}, nil
}

// Decode returns one sequence for each row of the inputs. The first axis of inputs[0] is the batch.
//
// Row i is drawn with a generator of its own, seeded by (seed, i), one number a token: the same seed gives the same
// sequences on every backend that computes the same logits, whatever the other rows are. For several samples of one
// input repeat it as rows, or change the seed.
func (s *Sampler) Decode(seed uint64, inputs ...*tensors.Tensor) ([]Sequence, error) {
	_, sequences, err := s.draw(seed, inputs)
	return sequences, err
}

// draw also returns the tokens as they were given to the model, a flat [B, Length+1].
func (s *Sampler) draw(seed uint64, inputs []*tensors.Tensor) ([]int32, []Sequence, error) {
	next, batch, finish, err := s.rows.start(inputs)
	if err != nil {
		return nil, nil, err
	}
	defer finish()
	length := s.config.Length + 1
	tokens := s.config.begun(batch)
	sequences := make([]Sequence, batch)
	generators := make([]*rand.Rand, batch)
	for row := range batch {
		sequences[row].Tokens = []int32{}
		generators[row] = rand.New(rand.NewPCG(seed, uint64(row)))
	}
	for position, running := 0, batch; position < s.config.Length && running > 0; position++ {
		logits, err := next(tokens, position, themselves(batch))
		if err != nil {
			return nil, nil, err
		}
		for row := range sequences {
			sequence := &sequences[row]
			if sequence.Ended {
				continue // what stands there is Pad
			}
			logProbs, err := LogSoftmax(logits[row])
			if err != nil {
				return nil, nil, fmt.Errorf("decode: row %d, step %d: %w", row, position, err)
			}
			distribution, err := s.config.distribution(logProbs)
			if err != nil {
				return nil, nil, fmt.Errorf("decode: row %d, step %d: %w", row, position, err)
			}
			token := pick(distribution, generators[row].Float64())
			tokens[row*length+position+1] = int32(token)
			sequence.LogProb += logProbs[token]
			if token == s.config.End {
				sequence.Ended = true
				running--
			} else {
				sequence.Tokens = append(sequence.Tokens, int32(token))
			}
		}
	}
	return tokens, sequences, nil
}
