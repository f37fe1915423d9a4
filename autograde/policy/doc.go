// Package policy holds a submission's source against the rules of its lab, before anything of it is built or run.
//
// The rules are about fairness and good messages. They are not the boundary: what keeps a hostile program harmless is that
// it is built and run in a sandbox, and that it never sees what is asked of it before, nor what is expected.
//
//  1. Comments that steer the compiler or other tools (//go:embed, //go:linkname, //go:build, // +build, //line, //export,
//     ...) are forbidden, wherever they stand and however far they are indented: they are taken from the parser.
//  2. Imports come from the lab's list.
//  3. The program is type-checked, and every identifier resolved to what it stands for; dot imports, other names for
//     imports, method values and promoted methods change nothing about that.
//  4. The functions that the lab asks for have exactly the types that it asks for.
//
// Checking runs on hostile input and may need much memory or time: callers run it in a sandbox.
package policy

import (
	"cmp"
	"fmt"
	"slices"

	"courselab/autograde/check"
	"courselab/autograde/lab"
)

// Rules of a lab.
type Rules struct {
	Package  string       `json:"package"`
	Allow    []string     `json:"allow"`  // import paths
	Forbid   []string     `json:"forbid"` // symbols, see lab.Symbols
	Contract lab.Contract `json:"contract"`
}

// Problem is one thing that is wrong, in a sentence for the student.
type Problem struct {
	Verdict check.Verdict `json:"verdict"` // Forbidden or Compile Error
	File    string        `json:"file,omitempty"`
	Line    int           `json:"line,omitempty"`
	Message string        `json:"message"`
}

func (p Problem) String() string {
	switch {
	case p.File == "":
		return p.Message
	case p.Line == 0:
		return fmt.Sprintf("%s: %s", p.File, p.Message)
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Message)
}

// Report is what [Check] found.
type Report struct {
	Problems []Problem `json:"problems,omitempty"`
	// Missing are functions that the submission does not have: the tasks that need them fail, the others are graded.
	Missing []string `json:"missing,omitempty"`
	// Present are the functions that it has.
	Present []string `json:"present,omitempty"`
}

// Verdict is Accepted when there are no problems; Forbidden outweighs Compile Error.
func (r *Report) Verdict() check.Verdict {
	verdict := check.Accepted
	for _, p := range r.Problems {
		if p.Verdict == check.Forbidden {
			return check.Forbidden
		}
		verdict = p.Verdict
	}
	return verdict
}

// maxProblems is how many problems a report lists.
const maxProblems = 12

// trim sorts the problems, drops repeated ones and bounds their number.
func (r *Report) trim() {
	slices.SortStableFunc(r.Problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Message, b.Message))
	})
	r.Problems = slices.Compact(r.Problems)
	if n := len(r.Problems); n > maxProblems {
		verdict := r.Verdict()
		r.Problems = append(r.Problems[:maxProblems:maxProblems], Problem{Verdict: verdict, Message: fmt.Sprintf("and %d more", n-maxProblems)})
	}
}
