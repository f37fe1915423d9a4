package check

import (
	"context"
	crand "crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"courselab/autograde/wire"
	"courselab/autograde/worker"
)

// Caller carries one request to the student's functions and brings the answer back. An error means that there is no
// answer to judge and that the caller cannot be used again: context.DeadlineExceeded, [ErrGone], wire.ErrMalformed or
// wire.ErrTooLarge, wrapped or not.
type Caller interface {
	Do(ctx context.Context, request *wire.Request) (*wire.Response, error)
}

// ErrGone is returned by a [Caller] whose worker has ended.
var ErrGone = errors.New("the program ended before it answered")

// ErrRequest is returned by a [Caller] when the request itself cannot be sent: a bug of the check, unless it is too large and hands on what the
// student's program has returned. Arguments of the check's own fit, or the reference would not pass.
var ErrRequest = errors.New("the request cannot be sent")

// T is what a check asks and judges with. The first failure ends the check.
type T struct {
	ctx     context.Context
	caller  Caller
	rng     *rand.Rand
	timeout time.Duration
	judged  int // comparisons made
	credit  float64
	spread  *Spread // of the comparisons with a tolerance
}

func newT(ctx context.Context, caller Caller, c *Check, options Options) *T {
	return &T{ctx: ctx, caller: caller, rng: generator(options.Seed, c.ID), timeout: options.CallTimeout, credit: 1}
}

// generator derives a check's generator from the recorded seed and its ID.
func generator(seed uint64, id string) *rand.Rand {
	key := sha256.Sum256(append(binary.LittleEndian.AppendUint64(nil, seed), id...))
	return rand.New(rand.NewChaCha8(key))
}

// Rand returns the check's generator, seeded from the recorded seed and the check's ID.
func (t *T) Rand() *rand.Rand { return t.rng }

// Failf ends the check with Wrong Answer and a message (shown for public checks only).
func (t *T) Failf(format string, args ...any) {
	panic(&fault{verdict: WrongAnswer, message: fmt.Sprintf(format, args...)})
}

// Credit sets the fraction of the points, in [0, 1], that the check earns if it passes. The default is 1.
func (t *T) Credit(fraction float64) {
	if !(fraction >= 0 && fraction <= 1) {
		panic(fmt.Errorf("check: credit %v is not in [0, 1]", fraction))
	}
	t.credit = fraction
}

// Call runs a function of the student's with the arguments and returns its results. Arguments are [Tensor], [Scope],
// [Nil], bool, string, integers, floats, slices of all these, or a [Value] got before. A worker that fails ends the
// check with the verdict of the failure.
func (t *T) Call(function string, args ...any) []Value {
	return t.values(function, t.do(&wire.Request{Op: wire.Call, Function: function, Args: arguments(args)}).Results)
}

// Call1 is [T.Call] for a function that must return one value.
func (t *T) Call1(function string, args ...any) Value {
	return t.exactly(1, function, t.Call(function, args...))[0]
}

// Call2 is [T.Call] for a function that must return two values.
func (t *T) Call2(function string, args ...any) (Value, Value) {
	r := t.exactly(2, function, t.Call(function, args...))
	return r[0], r[1]
}

// Call3 is [T.Call] for a function that must return three values.
func (t *T) Call3(function string, args ...any) (Value, Value, Value) {
	r := t.exactly(3, function, t.Call(function, args...))
	return r[0], r[1], r[2]
}

func (t *T) exactly(n int, function string, results []Value) []Value {
	if len(results) != n {
		t.Failf("%s returned %d values, want %d", function, len(results), n)
	}
	return results
}

// fresh is [T.Call] on a function built anew.
func (t *T) fresh(function string, args []any) []Value {
	request := &wire.Request{Op: wire.Call, Function: function, Args: arguments(args), Fresh: true}
	return t.values(function, t.do(request).Results)
}

// Variables runs a function that takes a *model.Scope and returns the scope's variables after it, by path.
func (t *T) Variables(function string, args ...any) map[string]Tensor {
	request := &wire.Request{Op: wire.Call, Function: function, Args: arguments(args), WantVariables: true}
	return t.do(request).Variables
}

// Gradient returns the gradients of sum(results[output] * cotangent) with respect to the arguments wrt (counted in
// args from 0), each with the shape and dtype of its argument. The zero Tensor as cotangent means ones.
func (t *T) Gradient(function string, wrt []int, output int, cotangent Tensor, args ...any) []Tensor {
	response := t.do(gradientRequest(function, wrt, output, cotangent, args))
	gradients := t.tensors(function, len(wrt), t.values(function, response.Results))
	for i, got := range gradients {
		if x := inputOf(args, wrt[i]); got.DType != x.DType || !slices.Equal(got.Shape, x.Shape) {
			t.Failf("%s is %s%v, want %s%v", gradientName(function, wrt[i]), got.DType, got.Shape, x.DType, x.Shape)
		}
	}
	return gradients
}

func gradientRequest(function string, wrt []int, output int, cotangent Tensor, args []any) *wire.Request {
	request := &wire.Request{Op: wire.Gradient, Function: function, Args: arguments(args), Wrt: wrt, Output: output}
	if cotangent.DType != "" {
		request.Cotangent = &cotangent
	}
	return request
}

func (t *T) tensors(function string, n int, values []Value) []Tensor {
	if len(values) != n {
		t.Failf("%s has %d gradients, want %d", function, len(values), n)
	}
	out := make([]Tensor, n)
	for i, v := range values {
		out[i] = v.Tensor()
	}
	return out
}

// Rejects requires that the call ends with an error or a panic, and returns its text.
func (t *T) Rejects(function string, args ...any) string {
	t.judged++
	response := t.ask(&wire.Request{Op: wire.Call, Function: function, Args: arguments(args)})
	if response.Fault == nil {
		t.Failf("%s accepted arguments that it must reject", function)
	}
	if kind := response.Fault.Kind; kind != wire.FaultPanic && kind != wire.FaultError {
		panic(faultOf(response.Fault))
	}
	return clean(response.Fault.Text)
}

func (t *T) values(function string, results []wire.Value) []Value {
	out := make([]Value, len(results))
	for i, v := range results {
		out[i] = Value{Value: v, origin: fmt.Sprintf("result %d of %s", i+1, function)}
		if len(results) == 1 {
			out[i].origin = "the result of " + function
		}
	}
	return out
}

// do asks and ends the check when the answer is a fault.
func (t *T) do(request *wire.Request) *wire.Response {
	response := t.ask(request)
	if response.Fault != nil {
		panic(faultOf(response.Fault))
	}
	return response
}

// ask sends the request under the call's deadline and ends the check when no proper answer comes.
func (t *T) ask(request *wire.Request) *wire.Response {
	request.ID = make([]byte, wire.IDSize)
	if _, err := crand.Read(request.ID); err != nil {
		panic(err)
	}
	ctx, cancel := context.WithTimeout(t.ctx, t.timeout)
	defer cancel()
	response, err := t.caller.Do(ctx, request)
	switch {
	case err == nil && string(response.ID) == string(request.ID):
		return response
	case err == nil:
		err = fmt.Errorf("%w: it answers another request", wire.ErrMalformed)
	case errors.Is(err, ErrRequest) && errors.Is(err, wire.ErrTooLarge):
		panic(&fault{verdict: OutputLimitExceeded, message: fmt.Sprintf("an earlier answer is too large to be handed to %s: %v", request.Function, err)})
	case errors.Is(err, ErrRequest), errors.Is(err, context.Canceled):
		panic(fmt.Errorf("check: calling %s: %w", request.Function, err))
	}
	panic(lost(err, request.Function, t.timeout))
}

// lost says what the end of the conversation means for the check.
func lost(err error, function string, timeout time.Duration) *fault {
	f := &fault{verdict: RuntimeError, gone: true}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		f.verdict = TimeLimitExceeded
		f.message = fmt.Sprintf("%s did not answer within %v", function, timeout)
	case errors.Is(err, wire.ErrTooLarge):
		f.verdict = OutputLimitExceeded
		f.message = fmt.Sprintf("the answer of %s is too large", function)
	case errors.Is(err, wire.ErrMalformed):
		f.message = fmt.Sprintf("the answer of %s is malformed", function)
	default:
		f.message = fmt.Sprintf("the program ended during %s", function)
	}
	return f
}

// faultOf says what a fault in the answer means for the check.
func faultOf(w *wire.Fault) *fault {
	f := &fault{verdict: RuntimeError, message: clean(w.Text)}
	switch w.Kind {
	case wire.FaultSize:
		f.verdict = OutputLimitExceeded
	case wire.FaultSignature:
		f.verdict = WrongAnswer
	}
	if w.Where != "" {
		f.message = clean(w.Where) + ": " + f.message
	}
	return f
}

// referenceName is the name under which a trusted function is registered in its own worker.
const referenceName = "reference"

// Reference runs a trusted function in this process, adapted exactly as a student's function is.
func (t *T) Reference(function any, args ...any) []Value {
	return t.reference(function, &wire.Request{Op: wire.Call, Function: referenceName, Args: arguments(args)})
}

// ReferenceGradient is [T.Gradient] for a trusted function in this process.
func (t *T) ReferenceGradient(function any, wrt []int, output int, cotangent Tensor, args ...any) []Tensor {
	values := t.reference(function, gradientRequest(referenceName, wrt, output, cotangent, args))
	return t.tensors(referenceName, len(wrt), values)
}

func (t *T) reference(function any, request *wire.Request) []Value {
	w, err := worker.New(worker.Functions{referenceName: function})
	if err != nil {
		panic(err)
	}
	response := w.Handle(request)
	if f := response.Fault; f != nil {
		panic(fmt.Errorf("check: the reference failed: %s %s", f.Where, f.Text))
	}
	return t.values(referenceName, response.Results)
}
