package worker

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

var (
	nodeType    = reflect.TypeFor[*graph.Node]()
	graphType   = reflect.TypeFor[*graph.Graph]()
	scopeType   = reflect.TypeFor[*model.Scope]()
	storeType   = reflect.TypeFor[*model.Store]()
	backendType = reflect.TypeFor[compute.Backend]()
	tensorType  = reflect.TypeFor[*tensors.Tensor]()
	dtypeType   = reflect.TypeFor[dtypes.DType]()
	randType    = reflect.TypeFor[*rand.Rand]()
	errorType   = reflect.TypeFor[error]()
)

// function is a student's function as reflection sees it.
type function struct {
	name     string
	value    reflect.Value
	typ      reflect.Type
	pkg      string // import path of the package that declares it
	graph    bool   // builds a graph: takes or returns nodes, or takes the graph
	scoped   bool   // takes a scope or store
	hasError bool   // last result is an error
}

func newFunction(name string, fn any) (*function, error) {
	value := reflect.ValueOf(fn)
	if value.Kind() != reflect.Func || value.IsNil() {
		return nil, fmt.Errorf("worker: %s is %T, want a function", name, fn)
	}
	f := &function{name: name, value: value, typ: value.Type(), pkg: packageOf(value)}
	for i := range f.typ.NumIn() {
		switch in := f.typ.In(i); in {
		case nodeType, graphType, reflect.SliceOf(nodeType):
			f.graph = true
		case scopeType, storeType:
			f.scoped = true
		}
	}
	for i := range f.typ.NumOut() {
		switch out := f.typ.Out(i); {
		case out == nodeType, out == reflect.SliceOf(nodeType):
			f.graph = true
		case out == errorType && i == f.typ.NumOut()-1:
			f.hasError = true
		}
	}
	return f, nil
}

// packageOf returns the import path of the package in which the function was declared.
func packageOf(value reflect.Value) string {
	info := runtime.FuncForPC(value.Pointer())
	if info == nil {
		return ""
	}
	return packageOfSymbol(info.Name())
}

// packageOfSymbol cuts "a/b.c/pkg.(*T).Method.func1" after "pkg". Dots of the last path element are escaped by the linker.
func packageOfSymbol(symbol string) string {
	slash := strings.LastIndexByte(symbol, '/') + 1
	if dot := strings.IndexByte(symbol[slash:], '.'); dot >= 0 {
		return symbol[:slash+dot]
	}
	return symbol
}

// where returns "file.go:line" of the innermost running frame of the function's package, "" if none. It is meant for
// a deferred function that recovers: that function is skipped, the frames of the panic
// are still on the stack.
func (f *function) where() string {
	pcs := make([]uintptr, 256)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	for {
		frame, more := frames.Next()
		if packageOfSymbol(frame.Function) == f.pkg {
			return fmt.Sprintf("%s:%d", filepath.Base(frame.File), frame.Line)
		}
		if !more {
			return ""
		}
	}
}

// signature is the function's type as a student would read it: "func(*Node, int) (*Node, error)".
func (f *function) signature() string {
	return strings.NewReplacer("*graph.", "*", "*model.", "*").Replace(f.typ.String())
}
