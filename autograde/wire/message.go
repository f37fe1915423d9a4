package wire

import "fmt"

// IDSize is the length in bytes of a request's random id.
const IDSize = 16

// Op is what a request asks for.
type Op string

// The operations.
const (
	// Call runs a function and returns its results.
	Call Op = "call"
	// Gradient returns the gradients of sum(results[Output] * Cotangent) with respect to the arguments Wrt.
	Gradient Op = "gradient"
)

// Request asks the worker to run one registered function.
type Request struct {
	ID       []byte  `cbor:"id"` // IDSize random bytes; the answer must echo them
	Op       Op      `cbor:"op"`
	Function string  `cbor:"fn"`
	Args     []Value `cbor:"args"`
	// Fresh asks for a newly built graph even if the same call was made before (for checks of determinism).
	Fresh bool `cbor:"fresh,omitempty"`
	// WantVariables asks for the variables of the scope after the call.
	WantVariables bool `cbor:"vars,omitempty"`
	// Wrt, Output and Cotangent belong to Gradient. Wrt counts the arguments of Args; a nil Cotangent means ones.
	Wrt       []int   `cbor:"wrt,omitempty"`
	Output    int     `cbor:"out,omitempty"`
	Cotangent *Tensor `cbor:"cot,omitempty"`
}

// Response answers one request: results, or a fault.
type Response struct {
	ID        []byte            `cbor:"id"`
	Results   []Value           `cbor:"res,omitempty"`
	Variables map[string]Tensor `cbor:"vars,omitempty"`
	Fault     *Fault            `cbor:"fault,omitempty"`
}

// FaultKind groups the ways in which a call can end without results.
type FaultKind string

// The kinds of fault.
const (
	FaultPanic     FaultKind = "panic"     // the function panicked, at graph building or at run time
	FaultError     FaultKind = "error"     // the function returned an error, or its graph could not be run
	FaultSignature FaultKind = "signature" // unknown function, wrong number or types of arguments, unsupported result
	FaultSize      FaultKind = "size"      // the results do not fit the limits of a frame
)

// Fault says why there are no results. Its text comes from the untrusted side: cap it, escape it, never show it
// for a hidden check.
type Fault struct {
	Kind  FaultKind `cbor:"kind"`
	Text  string    `cbor:"text"`
	Where string    `cbor:"where,omitempty"` // "attention.go:41", the innermost line of the student's package
}

// Validate checks a request against the limits.
func (r *Request) Validate(limits Limits) error {
	if len(r.ID) != IDSize {
		return fmt.Errorf("%w: id of %d bytes", ErrMalformed, len(r.ID))
	}
	if len(r.Function) > limits.Text || len(r.Op) > limits.Text {
		return fmt.Errorf("%w: function name", ErrTooLarge)
	}
	if r.Cotangent != nil {
		if err := r.Cotangent.Validate(limits); err != nil {
			return fmt.Errorf("cotangent: %w", err)
		}
	}
	return validateAll(r.Args, "argument", limits)
}

// Validate checks a response against the limits.
func (r *Response) Validate(limits Limits) error {
	if len(r.ID) != IDSize {
		return fmt.Errorf("%w: id of %d bytes", ErrMalformed, len(r.ID))
	}
	if f := r.Fault; f != nil {
		if len(f.Text) > limits.Text || len(f.Where) > limits.Text {
			return fmt.Errorf("%w: text of a fault", ErrTooLarge)
		}
		switch f.Kind {
		case FaultPanic, FaultError, FaultSignature, FaultSize:
		default:
			return fmt.Errorf("%w: fault of kind %.20q", ErrMalformed, f.Kind)
		}
		if len(r.Results) > 0 {
			return fmt.Errorf("%w: both a fault and results", ErrMalformed)
		}
	}
	if err := validateVariables(r.Variables, limits); err != nil {
		return err
	}
	return validateAll(r.Results, "result", limits)
}

func validateAll(values []Value, what string, limits Limits) error {
	for i := range values {
		if err := values[i].Validate(limits); err != nil {
			return fmt.Errorf("%s %d: %w", what, i, err)
		}
	}
	return nil
}
