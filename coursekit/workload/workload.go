package workload

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// batches is how many different batches a workload uses in turn.
const batches = 8

// Workload is something that is computed over and over and timed: a training step, or a generation. Open it.
type Workload struct {
	// Name, such as "W1".
	Name string
	Facts

	// parameter maps the path of a variable to its name in the workload and the kind of its values; other variables
	// get 0, and gains 1.
	parameter func(path string) (name string, kind parameterKind)
	// values, if set, goes before parameter: the first values of a variable whose layout is not the workload's own, or
	// nil for all others. dims are the variable's.
	values func(path string, dims []int) []float32
	// batch is batch i, from 0; nil if there is no data.
	batch func(i int) []*tensors.Tensor
	// prepare builds what a step needs over a fresh store, and compiles it. All variables exist when it returns; they get
	// their values before the first step.
	prepare prepareFunc
}

// inputs are the batches, made beforehand, in turn: step i, from 0, has inputs(i). They are used again: nobody frees
// or donates them.
type inputs func(i int) []*tensors.Tensor

// step does step i, from 0, and waits for what it gives.
type step func(i int) (Output, error)

// parameterKind says how a parameter's first values are made.
type parameterKind int

const (
	constant parameterKind = iota
	glorot
	embedding
)

// All returns the workloads, in the order of their names.
func All() []Workload {
	all := []Workload{w1(), w2(), w3(), w3full(), w4(), w5(), w6(), w7(), w7beam(), w8()}
	for i := range all {
		all[i].Facts = facts[all[i].Name]
	}
	return all
}

// Find returns the workload of the name, or an error that lists the names.
func Find(name string) (Workload, error) {
	var names []string
	for _, w := range All() {
		if w.Name == name {
			return w, nil
		}
		names = append(names, w.Name)
	}
	return Workload{}, fmt.Errorf("no workload %q; there are %s", name, strings.Join(names, ", "))
}

// Session is a workload on a backend, ready for its first step. Make it with Workload.Open.
type Session struct {
	// BuildSeconds of wall time went into building and compiling; batches and parameters made beforehand are left out.
	BuildSeconds float64
	// Parameters is how many numbers are trained, or were.
	Parameters int

	step step
	done int
}

// Open makes batches, builds and compiles the step and gives every parameter its value.
func (w Workload) Open(b compute.Backend) (*Session, error) {
	store := model.NewStore()
	var made [batches][]*tensors.Tensor
	if w.batch != nil {
		for i := range made {
			made[i] = w.batch(i)
		}
	}
	began := time.Now()
	step, err := w.prepare(b, store, func(i int) []*tensors.Tensor { return made[i%batches] })
	if err != nil {
		return nil, fmt.Errorf("workload %s: %w", w.Name, err)
	}
	s := &Session{step: step, BuildSeconds: time.Since(began).Seconds()}
	for v := range store.RootScope().IterVariables() {
		if !v.Trainable {
			continue
		}
		s.Parameters += v.Shape().Size()
		values := tensors.FromFlatDataAndDimensions(w.valuesOf(v), v.Shape().Dimensions...)
		if err := v.SetValue(values); err != nil {
			return nil, fmt.Errorf("workload %s: %s: %w", w.Name, v.Path(), err)
		}
	}
	return s, nil
}

// Step does the next step and waits for what it gives.
func (s *Session) Step() (Output, error) {
	out, err := s.step(s.done)
	s.done++
	return out, err
}

// valuesOf a parameter.
func (w Workload) valuesOf(v *model.Variable) []float32 {
	dims, size := v.Shape().Dimensions, v.Shape().Size()
	if w.values != nil {
		if values := w.values(v.Path(), dims); values != nil {
			return values
		}
	}
	name, kind := w.parameter(v.Path())
	g := w.named(name)
	switch {
	case kind == glorot:
		return g.GlorotOf(dims...)
	case kind == embedding:
		return g.Embedding(size)
	case strings.HasSuffix(v.Path(), "gain"):
		return slices.Repeat([]float32{1}, size)
	}
	return make([]float32, size)
}

// named is the generator of a parameter of the workload.
func (w Workload) named(parameter string) Generator {
	owner := w.Name
	if w.ParametersOf != "" {
		owner = w.ParametersOf
	}
	return Named(owner + "/" + parameter)
}
