package workload

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/training"
)

// batches is how many different batches a workload uses in turn.
const batches = 8

// Training is a workload that trains: its loss after each step is compared and timed.
type Training struct {
	Name  string
	Title string
	// Golden are the first five losses, from JAX 0.10.2; PyTorch 2.15 agrees to 2e-6.
	Golden []float64
	// GoldenMetrics are the first five values of what the loop records beside the loss, by name: further losses of a
	// workload that has several. Nil if there is one loss.
	GoldenMetrics map[string][]float64

	config    training.Config
	objective training.Objective
	update    training.Update // in place of objective, for several losses
	// parameter maps the path of a variable to its name in the workload and the kind of its values; other variables
	// keep 0 for biases and 1 for gains.
	parameter func(path string) (name string, kind parameterKind)
	batch     func(i int) []*tensors.Tensor
}

// parameterKind says how a parameter's first values are made.
type parameterKind int

const (
	constant parameterKind = iota
	glorot
	embedding
)

// Trainings returns the training workloads, by name.
func Trainings() []Training { return []Training{w1(), w4(), w8()} }

// Find returns the training workload of the name, or an error that lists the names.
func Find(name string) (Training, error) {
	var names []string
	for _, w := range Trainings() {
		if w.Name == name {
			return w, nil
		}
		names = append(names, w.Name)
	}
	return Training{}, fmt.Errorf("no workload %q; there are %s", name, strings.Join(names, ", "))
}

// NewLoop returns a loop of the given number of steps over fresh variables with the workload's parameters.
func (w Training) NewLoop(backend compute.Backend, steps int) (*training.Loop, error) {
	config := w.config
	config.Steps, config.Quiet, config.Name = steps, true, w.Name
	batch := func(_ *rand.Rand, step int) ([]*tensors.Tensor, error) { return w.batch((step - 1) % batches), nil }
	store := model.NewStore()
	var loop *training.Loop
	var err error
	if w.update != nil {
		loop, err = training.NewUpdate(backend, store, config, w.update, batch)
	} else {
		loop, err = training.New(backend, store, config, w.objective, batch)
	}
	if err != nil {
		return nil, fmt.Errorf("workload %s: %w", w.Name, err)
	}
	for v := range store.RootScope().IterVariables() {
		values := w.values(v)
		if values == nil {
			continue
		}
		if err := v.SetValue(tensors.FromFlatDataAndDimensions(values, v.Shape().Dimensions...)); err != nil {
			return nil, fmt.Errorf("workload %s: %s: %w", w.Name, v.Path(), err)
		}
	}
	return loop, nil
}

// values of a variable, or nil if it keeps what it has.
func (w Training) values(v *model.Variable) []float32 {
	if !v.Trainable {
		return nil
	}
	dims := v.Shape().Dimensions
	name, kind := w.parameter(v.Path())
	if kind == constant && !strings.HasSuffix(v.Path(), "gain") {
		return make([]float32, v.Shape().Size())
	}
	g := Named(w.Name + "/" + name)
	switch kind {
	case glorot:
		patch := 1 // kh·kw of a convolution's kernel
		for _, d := range dims[:len(dims)-2] {
			patch *= d
		}
		return g.Glorot(v.Shape().Size(), patch*dims[len(dims)-2], patch*dims[len(dims)-1])
	case embedding:
		return g.Embedding(v.Shape().Size())
	}
	return slices.Repeat([]float32{1}, v.Shape().Size())
}

// ids is a tensor of token ids.
func ids(values []int32, dims ...int) *tensors.Tensor {
	return tensors.FromFlatDataAndDimensions(values, dims...)
}

// crossEntropy is the mean over the allowed targets of -log softmax(logits)[target]: logits [B, L, V], target [B, L];
// allowed is boolean [B, L] or nil.
func crossEntropy(logits, target, allowed *Node) *Node {
	vocabulary := logits.Shape().Dimensions[logits.Rank()-1]
	right := OneHot(target, vocabulary, logits.DType())
	loss := Neg(ReduceSum(Mul(LogSoftmax(logits, -1), right), -1)) // [B, L]
	if allowed == nil {
		return ReduceAllMean(loss)
	}
	weight := ConvertDType(allowed, dtypes.Float32)
	return Div(ReduceAllSum(Mul(loss, weight)), ReduceAllSum(weight))
}
