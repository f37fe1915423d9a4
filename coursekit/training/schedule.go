package training

import (
	"encoding/json"
	"fmt"
	"math"
)

// Schedule is a learning rate as a function of the step. The zero value is not a schedule: make one with
// Constant, Linear, Cosine, InverseSquareRoot or Noam, and add a warm-up with WithWarmUp.
type Schedule struct {
	name string
	rate func(step float64) float64
}

// Rate is the learning rate of a step, which counts from 1.
func (s Schedule) Rate(step int) float64 { return s.rate(float64(step)) }

// String names the schedule with its numbers, as in "cosine(0.001 to 0.0001 over 500 steps, warm-up 50)". Two
// schedules with the same name are the same function: a checkpoint is checked against it on resume.
func (s Schedule) String() string { return s.name }

// MarshalJSON writes the name.
func (s Schedule) MarshalJSON() ([]byte, error) { return json.Marshal(s.name) }

// Constant is the same rate at every step.
func Constant(rate float64) Schedule {
	return Schedule{fmt.Sprintf("constant(%g)", rate), func(float64) float64 { return rate }}
}

// Linear falls from peak at step 0 to floor at the given step in a straight line, and stays at floor from then on. With a
// warm-up it is the schedule that BERT was trained with (Devlin et al., 2018, appendix A.2).
func Linear(peak, floor float64, steps int) Schedule {
	return Schedule{fmt.Sprintf("linear(%g to %g over %d steps)", peak, floor, steps), func(step float64) float64 {
		return peak + (floor-peak)*math.Min(step/float64(steps), 1)
	}}
}

// Cosine falls from peak at step 0 to floor at the given step along half a period of the cosine, and stays at
// floor from then on (Loshchilov & Hutter, "SGDR", 2016, equation 5, one period).
func Cosine(peak, floor float64, steps int) Schedule {
	return Schedule{fmt.Sprintf("cosine(%g to %g over %d steps)", peak, floor, steps), func(step float64) float64 {
		progress := math.Min(step/float64(steps), 1)
		return floor + (peak-floor)*(1+math.Cos(math.Pi*progress))/2
	}}
}

// InverseSquareRoot rises linearly to peak at step warmUp and then falls as sqrt(warmUp/step): the shape of
// Noam with the peak stated instead of the model's width. warmUp must be at least 1.
func InverseSquareRoot(peak float64, warmUp int) Schedule {
	w := float64(warmUp)
	return Schedule{fmt.Sprintf("inverse-sqrt(%g, warm-up %d)", peak, warmUp), func(step float64) float64 {
		return peak * math.Min(step/w, math.Sqrt(w/step))
	}}
}

// Noam is the schedule of "Attention Is All You Need" (2017, equation 3), times factor:
// factor · modelDim^-0.5 · min(step^-0.5, step · warmUp^-1.5).
func Noam(modelDim, warmUp int, factor float64) Schedule {
	scale := factor / math.Sqrt(float64(modelDim))
	w := math.Pow(float64(warmUp), -1.5)
	return Schedule{fmt.Sprintf("noam(width %d, warm-up %d, factor %g)", modelDim, warmUp, factor), func(step float64) float64 {
		return scale * math.Min(1/math.Sqrt(step), step*w)
	}}
}

// WithWarmUp multiplies the first steps by step/steps, so that the rate rises linearly from near zero; from
// step number steps on the schedule is unchanged. Zero steps is no warm-up.
func (s Schedule) WithWarmUp(steps int) Schedule {
	if steps <= 0 {
		return s
	}
	inner := s.rate
	name := s.name
	if len(name) > 0 && name[len(name)-1] == ')' {
		name = name[:len(name)-1]
	}
	return Schedule{fmt.Sprintf("%s, warm-up %d)", name, steps), func(step float64) float64 {
		return inner(step) * math.Min(step/float64(steps), 1)
	}}
}
