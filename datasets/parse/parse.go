// Package parse holds the one error type that every reader of this module returns for a malformed file, so that the message
// always says which file, where in it, and what is wrong there.
//
//	t10k-images-idx3-ubyte.gz: byte 4: header promises 10000 items of [28, 28], file holds 9999
//	in_domain_train.tsv: line 17: want 4 columns, got 3
package parse

import (
	"errors"
	"fmt"
	"strings"
)

// ErrMalformed is matched by errors.Is for every *Error.
var ErrMalformed = errors.New("malformed file")

// Error is a fault in the contents of a file.
type Error struct {
	File    string // name or path, as the caller gave it
	Offset  int64  // byte offset in the decompressed file; -1: unknown, Line is used
	Line    int    // line counted from 1; 0: unknown, Offset is used
	Problem string // what is wrong there, one line
	Err     error  // cause, may be nil
}

// At returns an *Error at a byte offset of the (decompressed) file. A %w verb in format sets the cause.
func At(file string, offset int64, format string, args ...any) *Error {
	return fill(&Error{File: file, Offset: offset}, format, args)
}

// Line returns an *Error at a line, counted from 1. A %w verb in format sets the cause.
func Line(file string, line int, format string, args ...any) *Error {
	return fill(&Error{File: file, Offset: -1, Line: line}, format, args)
}

// Whole returns an *Error that concerns the file as a whole. A %w verb in format sets the cause.
func Whole(file, format string, args ...any) *Error {
	return fill(&Error{File: file, Offset: -1}, format, args)
}

func fill(e *Error, format string, args []any) *Error {
	cause := fmt.Errorf(format, args...)
	e.Problem, e.Err = cause.Error(), errors.Unwrap(cause)
	return e
}

// Error returns "file: byte N: problem" or "file: line N: problem", on one line whatever the file is called.
func (e *Error) Error() string {
	where := ""
	switch {
	case e.Line > 0:
		where = fmt.Sprintf("line %d: ", e.Line)
	case e.Offset >= 0:
		where = fmt.Sprintf("byte %d: ", e.Offset)
	}
	return oneLine(e.File) + ": " + where + oneLine(e.Problem)
}

// Is makes errors.Is(err, ErrMalformed) true.
func (e *Error) Is(target error) bool { return target == ErrMalformed }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Excerpt quotes at most 40 bytes of hostile text for use inside a message.
func Excerpt(text string) string {
	const limit = 40
	if len(text) > limit {
		return fmt.Sprintf("%q...", text[:limit])
	}
	return fmt.Sprintf("%q", text)
}

func oneLine(s string) string {
	return strings.NewReplacer("\n", " ", "\r", " ").Replace(s)
}
