package training

import (
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/gomlx/gomlx/core/graph"
)

// Config says how to train. Start from DefaultConfig and change what differs.
type Config struct {
	// Seed of everything that is drawn: initial parameters, batches, dropout. Runs with the same seed on the
	// same backend are equal to the bit.
	Seed int64

	// Steps is the number of updates in the whole run, those before a resume included. At least 1.
	Steps int

	// Schedule is the learning rate as a function of the step.
	Schedule Schedule

	// Adam holds the optimizer's constants.
	Adam Adam

	// SGD, if it is not nil, takes the place of Adam.
	SGD *SGD

	// Accumulate is the number of batches that an update is made of: their gradients are averaged before the one step, so
	// that batches of B examples train as one of Accumulate·B would, in the memory of B, if the loss is a mean over examples.
	// Update s is made of the batches number (s-1)·Accumulate+1 to s·Accumulate; loss and metrics are averaged, too. 0 and 1
	// mean one batch an update. Only with New.
	Accumulate int

	// Devices is how many devices of the backend share each batch: all hold every variable, each computes an equal part of the
	// batch's first axis, and the gradients are added between them. The numbers are those of one device but for the order in
	// which they are added. 0 and 1 mean one device. Only XLA has several; not with Accumulate.
	Devices int

	// ClipNorm bounds the length of the whole gradient, all variables taken as one vector: a longer one is
	// scaled down to it (Pascanu et al., 2013). In units of loss per unit of parameter; 0 means no bound.
	ClipNorm float64

	// NoGradientNorm leaves the gradient's length out of the history, as 0, where ClipNorm does not need it: it takes a pass
	// over all gradients.
	NoGradientNorm bool

	// EvaluateEvery is the number of steps between two calls of Loop.Evaluate; the last step is always
	// evaluated too. 0 means only the last.
	EvaluateEvery int

	// Target ends the run early, as soon as an evaluation reaches it. The zero value never does.
	Target Target

	// Patience ends the run when this many evaluations in a row have brought no better value of the target's
	// metric. In evaluations; 0 means never. It needs Target.Metric, to know what better is.
	Patience int

	// RecordEvery is the number of steps between two points of the History. The loss is read back only then,
	// and only then checked for NaN. At least 1.
	RecordEvery int

	// KeepBatches says that Batches may return the same tensors again: the loop does not free them after the step, and
	// they stay on the device.
	KeepBatches bool

	// CheckpointDir is the folder of this run's checkpoints. If it holds one already, the run goes on from
	// there. Empty means none are written.
	CheckpointDir string

	// CheckpointEvery is the number of steps between two checkpoints; one is always written at the end of the
	// run and when it is cancelled. 0 means only then.
	CheckpointEvery int

	// CheckpointKeep is how many checkpoints stay; older ones are removed. At least 1.
	CheckpointKeep int

	// Name stands in front of the progress bar, in a word or two.
	Name string

	// Quiet suppresses the progress bar.
	Quiet bool

	// Progress is where the bar is drawn. Nil means standard error.
	Progress io.Writer
}

// Target is a value that a metric of the evaluation should reach.
type Target struct {
	// Metric names the metric; empty means no target.
	Metric string
	// Value to reach.
	Value float64
	// Below means that smaller is better: the target is reached at or below Value, else at or above it.
	Below bool
}

// DefaultConfig trains for 1,000 steps with Adam at a constant rate of 0.001, seed 1, a point of the history
// each step, no clipping, no checkpoints.
func DefaultConfig() Config {
	return Config{
		Seed:           1,
		Steps:          1000,
		Schedule:       Constant(1e-3),
		Adam:           DefaultAdam(),
		RecordEvery:    1,
		CheckpointKeep: 2,
		Name:           "train",
	}
}

// Validate returns nil if the run can start, else every rule that is broken, joined.
func (c Config) Validate() error {
	var broken []error
	rule := func(ok bool, format string, args ...any) {
		if !ok {
			broken = append(broken, errorf(format, args...))
		}
	}
	rule(c.Steps >= 1, "Steps is %d, must be at least 1", c.Steps)
	rule(c.Schedule.rate != nil, "Schedule is not set: use Constant, Linear, Cosine, InverseSquareRoot or Noam")
	rule(c.ClipNorm >= 0 && !math.IsInf(c.ClipNorm, 0), "ClipNorm is %g, must be finite and at least 0", c.ClipNorm)
	rule(c.Accumulate >= 0, "Accumulate is %d, must be at least 0", c.Accumulate)
	rule(c.Devices >= 0, "Devices is %d, must be at least 0", c.Devices)
	rule(c.Devices <= 1 || c.Accumulate <= 1, "Devices is %d and Accumulate is %d: only one of them can be more than 1", c.Devices, c.Accumulate)
	rule(c.EvaluateEvery >= 0, "EvaluateEvery is %d, must be at least 0", c.EvaluateEvery)
	rule(c.Patience >= 0, "Patience is %d, must be at least 0", c.Patience)
	rule(c.Patience == 0 || c.Target.Metric != "", "Patience is %d but Target.Metric is empty: name the metric to watch", c.Patience)
	rule(c.RecordEvery >= 1, "RecordEvery is %d, must be at least 1", c.RecordEvery)
	rule(c.CheckpointEvery >= 0, "CheckpointEvery is %d, must be at least 0", c.CheckpointEvery)
	rule(c.CheckpointEvery == 0 || c.CheckpointDir != "", "CheckpointEvery is %d but CheckpointDir is empty", c.CheckpointEvery)
	rule(c.CheckpointDir == "" || c.CheckpointKeep >= 1, "CheckpointKeep is %d, must be at least 1", c.CheckpointKeep)
	if err := c.optimizer(nil).rule().Validate(); err != nil {
		broken = append(broken, err)
	}
	return errors.Join(broken...)
}

// optimizer is what the configuration says about updates.
func (c Config) optimizer(rate *graph.Node) Optimizer {
	return Optimizer{Adam: c.Adam, SGD: c.SGD, Rate: rate, ClipNorm: c.ClipNorm, noNorm: c.NoGradientNorm}
}

// accumulate is how many batches make an update.
func (c Config) accumulate() int { return max(1, c.Accumulate) }

// reached says whether a value of the metric meets the target.
func (t Target) reached(metrics map[string]float64) bool {
	value, found := metrics[t.Metric]
	if t.Metric == "" || !found {
		return false
	}
	if t.Below {
		return value <= t.Value
	}
	return value >= t.Value
}

// better says whether a is better than b. NaN is never better.
func (t Target) better(a, b float64) bool {
	if t.Below {
		return a < b
	}
	return a > b
}

func errorf(format string, args ...any) error {
	return fmt.Errorf("training: "+format, args...)
}
