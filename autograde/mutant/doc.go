// Package mutant makes small mistakes in a lab's reference solution, as a student would, to see whether the lab's checks notice.
//
//	mutants, err := mutant.Generate(sources, imports, solutions)
//	for _, m := range mutants { grade(m.Sources(sources)) } // each should lose points
//
// A mutant is one edit of one expression or statement inside a solution. The operators (see Operators) are the mistakes that people make in
// code that builds graphs: a scale or a term dropped, a sign swapped, a wrong axis, off by one, arguments or results exchanged, a transpose
// or an activation left out, a condition turned round, a special case forgotten.
//
// Considerations:
//
//   - Only what still type-checks counts: a mistake that the compiler finds needs no check.
//   - Two edits with the same text count once.
//   - Some mutants compute the same: x·1, an order of arguments that does not matter, a special case that the general one covers. No
//     program can tell them from the others, so that a surviving mutant is a question to the lab's author: a check that is missing, or an
//     equivalent to be listed in the lab's equivalent.yaml with the reason.
package mutant
