package worker

import (
	"math/rand/v2"
	"reflect"

	"courselab/autograde/wire"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// binding is a call with its arguments matched to the function's parameters; nodes are known by their number among the
// graph's inputs until the graph is built.
type binding struct {
	fn     *function
	params []param
	inputs []*tensors.Tensor // of the graph, in order
	// inputOf maps an index of Request.Args to its input, -1 when the argument is no tensor.
	inputOf []int
	scope   wire.Value // the scope given, or the zero Value
}

// param is one Go argument: plain, or made of inputs.
type param struct {
	typ    reflect.Type
	plain  reflect.Value
	inputs []int // nodes: inputs by number, -1 for nil
	seed   int64 // *rand.Rand: made anew at each invocation
}

// bind matches arguments to parameters. Parameters that the worker supplies (graph, scope, store, backend) take none,
// except that a scope takes a wire.Scope if that is next.
func (f *function) bind(args []wire.Value) (*binding, error) {
	b := &binding{fn: f}
	for range args {
		b.inputOf = append(b.inputOf, -1)
	}
	next := 0
	for i := range f.typ.NumIn() {
		typ := f.typ.In(i)
		switch typ {
		case graphType, backendType:
			b.params = append(b.params, param{typ: typ})
			continue
		case scopeType, storeType:
			if next < len(args) && args[next].Kind == wire.Scope {
				b.scope = args[next]
				next++
			}
			b.params = append(b.params, param{typ: typ})
			continue
		}
		if f.typ.IsVariadic() && i == f.typ.NumIn()-1 {
			rest := wire.OfList(args[min(next, len(args)):]...)
			if err := b.add(typ, rest, next); err != nil {
				return nil, faultf(wire.FaultSignature, "%s: variadic argument: %v", f.name, err)
			}
			next = len(args)
			continue
		}
		if next >= len(args) {
			return nil, f.countMismatch(len(args))
		}
		if err := b.add(typ, args[next], next); err != nil {
			return nil, faultf(wire.FaultSignature, "%s: argument %d: %v; the function is %s", f.name, next+1, err, f.signature())
		}
		next++
	}
	if next != len(args) {
		return nil, f.countMismatch(len(args))
	}
	return b, nil
}

func (f *function) countMismatch(count int) error {
	return faultf(wire.FaultSignature, "%s is %s: it cannot take the %d arguments of the task", f.name, f.signature(), count)
}

func (b *binding) add(typ reflect.Type, v wire.Value, index int) error {
	p := param{typ: typ}
	switch {
	case typ == nodeType:
		input, err := b.input(v)
		if err != nil {
			return err
		}
		p.inputs = []int{input}
		b.inputOf[index] = input
	case typ == reflect.SliceOf(nodeType):
		if v.Kind != wire.List && v.Kind != wire.Nil {
			return faultf(wire.FaultSignature, "%v where the function wants %s", v.Kind, typ)
		}
		p.inputs = []int{}
		for i, item := range v.List {
			input, err := b.input(item)
			if err != nil {
				return err
			}
			p.inputs = append(p.inputs, input)
			if b.fn.typ.IsVariadic() && index+i < len(b.inputOf) {
				b.inputOf[index+i] = input
			}
		}
	case typ == randType && v.Kind == wire.Int:
		p.seed = v.Int
	default:
		plain, err := toGo(v, typ, 0)
		if err != nil {
			return err
		}
		p.plain = plain
	}
	b.params = append(b.params, p)
	return nil
}

// input registers a tensor as the graph's next input; a nil stays nil (-1).
func (b *binding) input(v wire.Value) (int, error) {
	switch v.Kind {
	case wire.Nil:
		return -1, nil
	case wire.TensorKind:
		tensor, err := toTensor(*v.Tensor)
		if err != nil {
			return 0, err
		}
		b.inputs = append(b.inputs, tensor)
		return len(b.inputs) - 1, nil
	}
	return 0, faultf(wire.FaultSignature, "%v where the function wants a *Node", v.Kind)
}

// environment is what a worker supplies by itself.
type environment struct {
	backend compute.Backend
	graph   *graph.Graph
	scope   *model.Scope
	store   *model.Store
}

// invoke calls the student's function. A panic comes back as a *fault; so does runtime.Goexit (see Worker.guard).
func (b *binding) invoke(env environment, nodes []*graph.Node) (results []reflect.Value, err error) {
	args := make([]reflect.Value, len(b.params))
	for i, p := range b.params {
		args[i] = p.value(env, nodes)
	}
	defer func() {
		if v := recover(); v != nil {
			f := faultOf(wire.FaultPanic, v)
			if f.Where == "" {
				f.Where = b.fn.where()
			}
			results, err = nil, f
		}
	}()
	if b.fn.typ.IsVariadic() {
		results = b.fn.value.CallSlice(args)
	} else {
		results = b.fn.value.Call(args)
	}
	if !b.fn.hasError {
		return results, nil
	}
	last := results[len(results)-1]
	if !last.IsNil() {
		return nil, faultOf(wire.FaultError, last.Interface())
	}
	return results[:len(results)-1], nil
}

func (p param) value(env environment, nodes []*graph.Node) reflect.Value {
	switch {
	case p.typ == graphType:
		return reflect.ValueOf(env.graph)
	case p.typ == scopeType:
		return reflect.ValueOf(env.scope)
	case p.typ == storeType:
		return reflect.ValueOf(env.store)
	case p.typ == backendType:
		return reflect.ValueOf(&env.backend).Elem()
	case p.typ == randType:
		return reflect.ValueOf(rand.New(rand.NewPCG(uint64(p.seed), 0)))
	case p.typ == nodeType:
		return reflect.ValueOf(pick(nodes, p.inputs[0]))
	case p.inputs != nil:
		list := make([]*graph.Node, len(p.inputs))
		for i, input := range p.inputs {
			list[i] = pick(nodes, input)
		}
		return reflect.ValueOf(list)
	}
	return p.plain
}

func pick(nodes []*graph.Node, index int) *graph.Node {
	if index < 0 {
		return nil
	}
	return nodes[index]
}
