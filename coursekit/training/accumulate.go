package training

import (
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
)

// accumulator makes one update of several batches with two graphs: one adds the gradients of a batch to variables, the other
// makes the step with their mean and sets them to 0 again. Between two steps they are 0, so that a checkpoint loses nothing.
type accumulator struct {
	objective Objective
	exec      *model.Exec
	variables []*model.Variable // that are trained
	sums      []*model.Variable // of their gradients
}

// accumulateGraph adds the gradients of a batch to the sums, and returns its loss and metrics.
func (l *Loop) accumulateGraph(scope *model.Scope, batch []*graph.Node) []*graph.Node {
	g := batch[0].Graph()
	l.store.SetTraining(g, true)
	loss, metrics := l.accumulator.objective.total(scope, batch)
	variables, gradients := gradientsOf(scope, loss)
	state := scope.At("accumulated").WithInitializer(initializer.Zero)
	sums := make([]*model.Variable, len(variables))
	for i, v := range variables {
		name := strings.ReplaceAll(strings.Trim(v.Path(), "/"), "/", ".")
		sums[i] = state.VariableWithShape(name, gradients[i].Shape()).SetTrainable(false)
		sums[i].SetNodeValue(graph.Add(sums[i].NodeValue(g), gradients[i]))
	}
	l.accumulator.variables, l.accumulator.sums = variables, sums
	l.updateInPlace(g)
	return l.outputs(dtypes.Float32, metrics, loss)
}

// applyGraph makes the step of the mean of the gradients, and returns its length. inputs[0] is the learning rate.
func (l *Loop) applyGraph(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
	rate := inputs[0]
	g := rate.Graph()
	a := l.accumulator
	gradients := make([]*graph.Node, len(a.sums))
	for i, sum := range a.sums {
		value := sum.NodeValue(g)
		gradients[i] = graph.DivScalar(value, float64(l.config.accumulate()))
		sum.SetNodeValue(graph.ZerosLike(value))
	}
	o := l.config.optimizer(rate)
	o.norms = new([]*graph.Node)
	o.apply(scope, a.variables, gradients)
	l.updateInPlace(g)
	return []*graph.Node{graph.ConvertDType(o.gradientNorm(), rate.DType())}
}

// runBatches does an update of several batches and returns, if asked, the mean loss, the gradient norm and the mean metrics.
func (l *Loop) runBatches(step int, read bool) ([]float64, error) {
	parts := l.config.accumulate()
	var means []float64
	for i := range parts {
		batch, err := l.batch((step-1)*parts + i + 1)
		if err != nil {
			return nil, err
		}
		values, err := call(l.accumulator.exec, step, read, batch...)
		l.free(batch)
		if err != nil {
			return nil, err
		}
		if means == nil {
			means = make([]float64, len(values))
		}
		for j, value := range values {
			means[j] += value / float64(parts)
		}
	}
	rate := l.rate(step)
	defer rate.MustFinalizeAll()
	norm, err := call(l.exec, step, read, rate)
	if err != nil || !read {
		return nil, err
	}
	return append([]float64{means[0], norm[0]}, means[1:]...), nil
}
