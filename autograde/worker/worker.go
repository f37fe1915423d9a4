package worker

import (
	"fmt"
	"sync"

	"courselab/autograde/wire"

	"github.com/gomlx/compute"
	_ "github.com/gomlx/compute/gobackend" // the default backend
	"github.com/gomlx/gomlx/ml/model"
)

// Backend is the configuration of the backend of a new [Worker]. The pure-Go backend must run its operations in
// sequence, or it may deadlock. Importing package worker/xla sets it to XLA.
var Backend = "go:ops_sequential"

// maxPrograms is how many built graphs a worker keeps; the oldest goes first.
const maxPrograms = 64

// Worker answers requests about a set of functions, one at a time.
type Worker struct {
	functions map[string]*function
	backend   compute.Backend
	limits    wire.Limits

	programs map[string]*program
	order    []string // keys of programs, oldest first
}

// New returns a worker for the functions on the backend that [Backend] names. It returns an error when a value of
// functions is no function or the backend cannot be opened.
func New(functions Functions) (*Worker, error) {
	w := &Worker{functions: map[string]*function{}, limits: wire.DefaultLimits(), programs: map[string]*program{}}
	for name, fn := range functions {
		f, err := newFunction(name, fn)
		if err != nil {
			return nil, err
		}
		w.functions[name] = f
	}
	backend, err := openBackend(Backend)
	if err != nil {
		return nil, fmt.Errorf("worker: backend %q: %w", Backend, err)
	}
	w.backend = backend
	return w, nil
}

// openBackend opens each configuration once: backends are costly and never closed.
var openBackend = func() func(config string) (compute.Backend, error) {
	var mu sync.Mutex
	opened := map[string]compute.Backend{}
	return func(config string) (compute.Backend, error) {
		mu.Lock()
		defer mu.Unlock()
		if backend, ok := opened[config]; ok {
			return backend, nil
		}
		backend, err := compute.NewWithConfig(config)
		if err == nil {
			opened[config] = backend
		}
		return backend, err
	}
}()

// Handle runs one request and always returns a response, whatever the function does, unless it never ends or ends the
// process. Not for concurrent use.
func (w *Worker) Handle(request *wire.Request) *wire.Response {
	response := &wire.Response{ID: request.ID}
	done := make(chan error, 1)
	go func() { // its own goroutine, so that runtime.Goexit ends this and no more
		err := error(faultf(wire.FaultPanic, "%s ended its goroutine (runtime.Goexit) instead of returning", request.Function))
		defer func() {
			if v := recover(); v != nil {
				err = faultOf(wire.FaultPanic, v)
			}
			done <- err
		}()
		response.Results, response.Variables, err = w.run(request)
	}()
	if err := <-done; err != nil {
		f := faultOf(wire.FaultError, err)
		return &wire.Response{ID: request.ID, Fault: &f.Fault}
	}
	return response
}

func (w *Worker) run(request *wire.Request) ([]wire.Value, map[string]wire.Tensor, error) {
	f := w.functions[request.Function]
	if f == nil {
		return nil, nil, faultf(wire.FaultSignature, "there is no function %s", request.Function)
	}
	b, err := f.bind(request.Args)
	if err != nil {
		return nil, nil, err
	}
	var store *model.Store
	if f.scoped {
		if store, err = newStore(b.scope); err != nil {
			return nil, nil, err
		}
		defer store.Finalize()
	}
	var results []wire.Value
	if f.graph {
		results, err = w.runGraph(b, store, request)
	} else {
		results, err = w.runPlain(b, store, request)
	}
	if err != nil || !request.WantVariables || store == nil {
		return results, nil, err
	}
	variables, err := variablesOf(store, w.limits)
	return results, variables, err
}

// runPlain calls a function that builds no graph.
func (w *Worker) runPlain(b *binding, store *model.Store, request *wire.Request) ([]wire.Value, error) {
	if request.Op != wire.Call {
		return nil, faultf(wire.FaultSignature, "%s is %s: it has no gradient", b.fn.name, b.fn.signature())
	}
	env := environment{backend: w.backend, store: store}
	if store != nil {
		env.scope = store.RootScope()
	}
	results, err := b.invoke(env, nil)
	if err != nil {
		return nil, err
	}
	values := make([]wire.Value, len(results))
	for i, result := range results {
		if values[i], err = fromGo(result, w.limits, 0); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// runGraph builds the function's graph, or takes the one built for the same shapes, and runs it. Functions with
// variables are always built anew: their store is.
func (w *Worker) runGraph(b *binding, store *model.Store, request *wire.Request) ([]wire.Value, error) {
	t := task{gradient: request.Op == wire.Gradient, output: request.Output, cotangent: request.Cotangent != nil}
	inputs := b.inputs
	if t.gradient {
		for _, arg := range request.Wrt {
			if arg < 0 || arg >= len(b.inputOf) || b.inputOf[arg] < 0 {
				return nil, faultf(wire.FaultSignature, "argument %d of %s is no tensor", arg+1, b.fn.name)
			}
			t.wrt = append(t.wrt, b.inputOf[arg])
		}
	}
	if t.cotangent {
		cotangent, err := toTensor(*request.Cotangent)
		if err != nil {
			return nil, err
		}
		inputs = append(inputs[:len(inputs):len(inputs)], cotangent)
	}
	cacheable := !b.fn.scoped && !request.Fresh
	name := ""
	if cacheable {
		name = key(request)
		if p := w.programs[name]; p != nil {
			return p.run(inputs, w.limits)
		}
	}
	p, err := newProgram(w.backend, store, b, t, w.limits)
	if err != nil {
		return nil, err
	}
	results, err := p.run(inputs, w.limits)
	if err != nil || !cacheable {
		if err == nil {
			p.finalize() // after a failed build GoMLX may wait for ever in Finalize
		}
		return results, err
	}
	w.keep(name, p)
	return results, nil
}

func (w *Worker) keep(name string, p *program) {
	if len(w.order) >= maxPrograms {
		w.programs[w.order[0]].finalize()
		delete(w.programs, w.order[0])
		w.order = w.order[1:]
	}
	w.programs[name] = p
	w.order = append(w.order, name)
}

// newStore returns a store with the seed and the variables of a scope argument.
func newStore(scope wire.Value) (*model.Store, error) {
	store := model.NewStore()
	store.SetParam(model.ParamInitialSeed, scope.Int) // int64, or GoMLX silently takes 0
	for path, value := range scope.Variables {
		tensor, err := toTensor(value)
		if err != nil {
			return nil, err
		}
		if _, err := store.CreateVariable(path, tensor); err != nil {
			return nil, faultf(wire.FaultError, "variable %s: %v", path, err)
		}
	}
	return store, nil
}

func variablesOf(store *model.Store, limits wire.Limits) (map[string]wire.Tensor, error) {
	variables := map[string]wire.Tensor{}
	for v := range store.IterVariables() {
		if !v.HasValue() {
			continue
		}
		value, err := v.Value()
		if err != nil {
			return nil, err
		}
		tensor, err := fromTensor(value, limits)
		if err != nil {
			return nil, err
		}
		variables[v.Path()] = tensor
	}
	return variables, nil
}
