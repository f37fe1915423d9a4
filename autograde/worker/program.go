package worker

import (
	"fmt"
	"reflect"
	"strings"

	"courselab/autograde/wire"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// program is a function built into a graph for one set of shapes and plain arguments.
type program struct {
	call     func(args ...any) ([]*tensors.Tensor, error)
	finalize func()
	outline  []item // how to put the results together again
	outputs  int    // of the graph that the outline uses
	failed   error  // why building ended
}

// item is one result: the next outputs of the graph, or a value known since building.
type item struct {
	node  bool
	plain wire.Value
	list  []item
}

// task is what to build besides the function's own results.
type task struct {
	gradient  bool
	output    int
	wrt       []int // inputs of the graph
	cotangent bool  // the last input of the graph is the cotangent
}

// newProgram prepares the executor; the graph is built at the first call. With a store, variables live in it.
func newProgram(backend compute.Backend, store *model.Store, b *binding, t task, limits wire.Limits) (*program, error) {
	p := &program{}
	body := func(scope *model.Scope, g *graph.Graph, nodes []*graph.Node) []*graph.Node {
		env := environment{backend: backend, graph: g, scope: scope, store: store}
		outputs, err := p.build(env, b, t, nodes, limits)
		if err != nil {
			p.failed = err
			panic(err) // an error value: anything else would hang GoMLX
		}
		if len(outputs) == 0 { // all results nil or plain
			outputs = append(outputs, graph.Const(g, float32(0)))
		}
		return outputs
	}
	inputIsGraph := len(b.inputs) == 0 && !t.cotangent
	if b.fn.scoped {
		exec, err := model.NewExecCanonical(backend, store, body, -1, -1, inputIsGraph, true, true)
		if err != nil {
			return nil, err
		}
		p.call, p.finalize = exec.Call, exec.Finalize
		return p, nil
	}
	plain := func(g *graph.Graph, nodes []*graph.Node) []*graph.Node { return body(nil, g, nodes) }
	exec, err := graph.NewExecCanonical(backend, plain, -1, -1, inputIsGraph, true, true)
	if err != nil {
		return nil, err
	}
	p.call, p.finalize = exec.Call, exec.Finalize
	return p, nil
}

// build runs the student's function and returns the nodes to compute.
func (p *program) build(env environment, b *binding, t task, nodes []*graph.Node, limits wire.Limits) ([]*graph.Node, error) {
	inputs := nodes
	var cotangent *graph.Node
	if t.cotangent {
		inputs, cotangent = nodes[:len(nodes)-1], nodes[len(nodes)-1]
	}
	results, err := b.invoke(env, inputs)
	if err != nil {
		return nil, err
	}
	var outputs []*graph.Node
	if t.gradient {
		outputs, err = gradients(b.fn, results, t, inputs, cotangent)
		if err != nil {
			return nil, err
		}
		p.outline = make([]item, len(outputs))
		for i := range p.outline {
			p.outline[i].node = true
		}
	} else {
		p.outline, outputs, err = outlineOf(results, limits)
		if err != nil {
			return nil, err
		}
	}
	p.outputs = len(outputs)
	return outputs, nil
}

// gradients differentiates sum(results[output] * cotangent).
func gradients(fn *function, results []reflect.Value, t task, inputs []*graph.Node, cotangent *graph.Node) (grads []*graph.Node, err error) {
	if t.output >= len(results) || results[t.output].Type() != nodeType {
		return nil, faultf(wire.FaultSignature, "%s is %s: it has no tensor as result %d", fn.name, fn.signature(), t.output+1)
	}
	out := results[t.output].Interface().(*graph.Node)
	if out == nil {
		return nil, faultf(wire.FaultError, "result %d of %s is nil", t.output+1, fn.name)
	}
	defer func() { // GoMLX panics where it knows no gradient
		if v := recover(); v != nil {
			grads, err = nil, faultf(wire.FaultError, "the gradient of %s cannot be computed: %s", fn.name, textOf(v))
		}
	}()
	if cotangent != nil {
		if !out.Shape().Equal(cotangent.Shape()) {
			return nil, faultf(wire.FaultError, "result %d of %s has shape %s, want %s", t.output+1, fn.name, out.Shape(), cotangent.Shape())
		}
		out = graph.Mul(out, cotangent)
	}
	wrt := make([]*graph.Node, len(t.wrt))
	for i, input := range t.wrt {
		wrt[i] = inputs[input]
	}
	return graph.Gradient(graph.ReduceAllSum(out), wrt...), nil
}

// outlineOf separates results that the graph computes from those that are known already.
func outlineOf(results []reflect.Value, limits wire.Limits) (outline []item, outputs []*graph.Node, err error) {
	one := func(node *graph.Node) item {
		if node == nil {
			return item{plain: wire.Value{Kind: wire.Nil}}
		}
		if node.Type() == graph.NodeTypeParameter {
			// The Go backend fails ("index out of range") on a graph that ends in a parameter and leaves a later one unused.
			node = graph.Identity(node)
		}
		outputs = append(outputs, node)
		return item{node: true}
	}
	for _, result := range results {
		switch result.Type() {
		case nodeType:
			outline = append(outline, one(result.Interface().(*graph.Node)))
		case reflect.SliceOf(nodeType):
			list := item{list: []item{}}
			for _, node := range result.Interface().([]*graph.Node) {
				list.list = append(list.list, one(node))
			}
			outline = append(outline, list)
		default:
			plain, err := fromGo(result, limits, 0)
			if err != nil {
				return nil, nil, err
			}
			outline = append(outline, item{plain: plain})
		}
	}
	return outline, outputs, nil
}

// run computes the results for the inputs; the first run builds the graph.
func (p *program) run(inputs []*tensors.Tensor, limits wire.Limits) ([]wire.Value, error) {
	args := make([]any, len(inputs))
	for i, t := range inputs {
		args[i] = t
	}
	outputs, err := p.call(args...)
	if p.failed != nil {
		return nil, p.failed
	}
	if err != nil {
		return nil, faultOf(wire.FaultError, err)
	}
	defer func() {
		for _, t := range outputs {
			_ = t.FinalizeAll()
		}
	}()
	next := 0
	return assemble(p.outline, outputs, &next, limits)
}

func assemble(outline []item, outputs []*tensors.Tensor, next *int, limits wire.Limits) ([]wire.Value, error) {
	values := make([]wire.Value, len(outline))
	for i, it := range outline {
		switch {
		case it.node:
			if *next >= len(outputs) {
				return nil, fmt.Errorf("worker: the graph returned %d outputs, too few", len(outputs))
			}
			tensor, err := fromTensor(outputs[*next], limits)
			if err != nil {
				return nil, err
			}
			*next++
			values[i] = wire.OfTensor(tensor)
		case it.list != nil:
			list, err := assemble(it.list, outputs, next, limits)
			if err != nil {
				return nil, err
			}
			values[i] = wire.OfList(list...)
		default:
			values[i] = it.plain
		}
	}
	return values, nil
}

// key identifies a program: everything of a request except the elements of tensors.
func key(request *wire.Request) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %q %v %d", request.Op, request.Function, request.Wrt, request.Output)
	if request.Cotangent != nil {
		fmt.Fprintf(&b, " %s%v", request.Cotangent.DType, request.Cotangent.Shape)
	}
	var add func(values []wire.Value)
	add = func(values []wire.Value) {
		for _, v := range values {
			switch v.Kind {
			case wire.TensorKind:
				fmt.Fprintf(&b, ";%s%v", v.Tensor.DType, v.Tensor.Shape)
			case wire.List:
				b.WriteString(";[")
				add(v.List)
				b.WriteString("]")
			default:
				fmt.Fprintf(&b, ";%d %d %x %q %x", v.Kind, v.Int, v.Float, v.Text, v.Packed)
			}
		}
	}
	add(request.Args)
	return b.String()
}
