package training

import (
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
)

// Objective builds the graph of what is minimised: a scalar loss of one batch, and any other scalars worth
// recording. It is called once per shape of the batch with the root scope and the batch's tensors as nodes,
// and panics with an error when something does not fit, like every graph function.
//
// Losses that layers add on the side (GoMLX's train.AddLoss and its regularizers) are added to loss.
type Objective func(scope *model.Scope, batch []*graph.Node) (loss *graph.Node, metrics []Metric)

// Metric is a scalar of the batch under a name, recorded beside the loss.
type Metric struct {
	Name  string
	Value *graph.Node
}

// Update builds the graph of a whole step, for models that have more than one loss: it computes them and calls the
// optimizer's Minimize for each, with the scope of the variables that this loss may change. It returns the scalar that is
// recorded as the loss, and others. It is called once per shape of the batch, and panics as an Objective does.
//
// What is computed after a Minimize sees the new variables, so that several updates may follow each other in one step.
type Update func(scope *model.Scope, batch []*graph.Node, optimizer Optimizer) (loss *graph.Node, metrics []Metric)

// Optimizer is what the configuration says about updates, at one step. A copy with other constants may be used in its
// place, such as one with a slower Rate for one of two networks.
type Optimizer struct {
	Adam     Adam
	SGD      *SGD        // if set, it takes the place of Adam
	Rate     *graph.Node // learning rate of the step, a scalar
	ClipNorm float64     // 0 means no bound

	noNorm bool
	norms  *[]*graph.Node
}

func (o Optimizer) rule() rule {
	if o.SGD != nil {
		return *o.SGD
	}
	return o.Adam
}

// Minimize adds one update of the trainable variables under scope that the graph uses, and no others, to the graph. The
// optimizer's state lies in optimizer under scope. It panics if there is no such variable.
//
// The point that a Loop records has the length of the gradients of all calls in a step, taken as one vector.
func (o Optimizer) Minimize(scope *model.Scope, loss *graph.Node) {
	loss.AssertScalar()
	variables, gradients := gradientsOf(scope, loss)
	o.apply(scope, variables, gradients)
}

// apply adds the update of the variables by their gradients, whose state lies under scope.
func (o Optimizer) apply(scope *model.Scope, variables []*model.Variable, gradients []*graph.Node) {
	rate := graph.ConvertDType(o.Rate, gradients[0].DType())
	norm := step{o.rule(), scope, rate, o.ClipNorm, !o.noNorm}.apply(variables, gradients)
	if o.norms != nil {
		*o.norms = append(*o.norms, norm)
	}
}

// gradientNorm is the length of all gradients so far, 0 if it is not computed.
func (o Optimizer) gradientNorm() *graph.Node {
	norms := *o.norms
	if len(norms) == 0 {
		panic(errorf("the update did not call Minimize: nothing would be trained"))
	}
	if norms[0] == nil {
		return graph.ZerosLike(o.Rate)
	}
	if len(norms) == 1 {
		return norms[0]
	}
	var sum *graph.Node
	for _, norm := range norms {
		square := graph.Square(graph.ConvertDType(norm, o.Rate.DType()))
		if sum == nil {
			sum = square
		} else {
			sum = graph.Add(sum, square)
		}
	}
	return graph.Sqrt(sum)
}

// minimize is the update of all variables by one loss.
func minimize(objective Objective) Update {
	return func(scope *model.Scope, batch []*graph.Node, optimizer Optimizer) (*graph.Node, []Metric) {
		total, metrics := objective.total(scope, batch)
		optimizer.Minimize(scope, total)
		return total, metrics
	}
}

// total is the loss with those that layers add on the side.
func (o Objective) total(scope *model.Scope, batch []*graph.Node) (*graph.Node, []Metric) {
	loss, metrics := o(scope, batch)
	loss.AssertScalar()
	train.AddMainLoss(loss)
	return train.TotalLoss(loss.Graph()), metrics
}
