package training

import (
	"math"
)

// History is what a run leaves behind: the curve, the evaluations, and why it ended.
type History struct {
	// Points are the recorded steps, in order.
	Points []Point
	// Evaluations are the results of Loop.Evaluate, in order.
	Evaluations []Evaluation
	// Stopped says in a few words why the run ended: "steps", "target", "patience" or "cancelled".
	Stopped string
	// Seconds of wall time in all, resumed parts added up, compilation and evaluation included.
	Seconds float64
	// CompileSeconds of wall time that building and compiling the graph took, summed over resumes; part of Seconds.
	CompileSeconds float64
}

// Point is one recorded step.
type Point struct {
	// Step counts from 1.
	Step int
	// Loss of the step's batch, in the objective's unit, before the update.
	Loss float64
	// GradientNorm is the length of the whole gradient before clipping.
	GradientNorm float64
	// LearningRate of the step.
	LearningRate float64
	// Metrics are the objective's other outputs, by name.
	Metrics map[string]float64 `json:",omitempty"`
	// Seconds of wall time since the run began.
	Seconds float64
}

// Evaluation is one result of Loop.Evaluate.
type Evaluation struct {
	// Step after which it was made.
	Step int
	// Metrics by name.
	Metrics map[string]float64
	// Seconds of wall time since the run began.
	Seconds float64
}

// Curve returns the steps and the losses of all points, for a plot.
func (h History) Curve() (steps, losses []float64) {
	for _, p := range h.Points {
		steps = append(steps, float64(p.Step))
		losses = append(losses, p.Loss)
	}
	return steps, losses
}

// EvaluationCurve returns the steps at which the metric was evaluated and its values.
func (h History) EvaluationCurve(metric string) (steps, values []float64) {
	for _, e := range h.Evaluations {
		if value, found := e.Metrics[metric]; found {
			steps = append(steps, float64(e.Step))
			values = append(values, value)
		}
	}
	return steps, values
}

// LastLoss is the loss of the last point, NaN if there is none.
func (h History) LastLoss() float64 {
	if len(h.Points) == 0 {
		return math.NaN()
	}
	return h.Points[len(h.Points)-1].Loss
}

// LastStep is the step of the last point or evaluation, 0 if there is none.
func (h History) LastStep() int {
	last := 0
	if n := len(h.Points); n > 0 {
		last = h.Points[n-1].Step
	}
	if n := len(h.Evaluations); n > 0 {
		last = max(last, h.Evaluations[n-1].Step)
	}
	return last
}

// stopReason says why the run should end after the evaluations so far, "" if it should not. It depends on the
// evaluations alone, so that a resumed run decides as the uninterrupted one.
func (h History) stopReason(config Config) string {
	if len(h.Evaluations) == 0 {
		return ""
	}
	if config.Target.reached(h.Evaluations[len(h.Evaluations)-1].Metrics) {
		return "target"
	}
	if config.Patience > 0 {
		_, values := h.EvaluationCurve(config.Target.Metric)
		best := 0
		for i, value := range values {
			if config.Target.better(value, values[best]) || math.IsNaN(values[best]) {
				best = i
			}
		}
		if len(values)-1-best >= config.Patience {
			return "patience"
		}
	}
	return ""
}
