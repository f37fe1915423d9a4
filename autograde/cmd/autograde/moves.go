package main

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"courselab/autograde/check"
	"courselab/autograde/intake"
	"courselab/autograde/result"
)

// acceptance reads --accept-lower: students by name, or all.
func acceptance(names []string, submissions []intake.Submission) (func(student string) bool, error) {
	if slices.Contains(names, "all") {
		return func(string) bool { return true }, nil
	}
	for _, name := range names {
		if !slices.ContainsFunc(submissions, func(s intake.Submission) bool { return s.Name == name }) {
			return nil, usage{fmt.Errorf("--accept-lower %s: there is no submission of that name", name)}
		}
	}
	return func(student string) bool { return slices.Contains(names, student) }, nil
}

// heldBack are the students whose lower grades wait for somebody to accept them.
func heldBack(class *result.Class) []string {
	var names []string
	for _, m := range class.Moves {
		if m.Held && m.Is != string(check.InternalError) {
			names = append(names, m.Student)
		}
	}
	return names
}

// movesTable prints whose grades moved, and why.
func movesTable(w io.Writer, class *result.Class, out string) {
	if len(class.Gone) > 0 {
		fmt.Fprintf(w, "%s graded before and not handed in any more, so not in grades.csv: %s.\n", plural(len(class.Gone), "student was", "students were"),
			strings.Join(class.Gone, ", "))
	}
	if len(class.Moves) == 0 {
		return
	}
	fmt.Fprintln(w, "\nGrades that moved:")
	t := newTable(w, "student", "before", "after", "by", "tasks", "why", "stands")
	for _, m := range class.Moves {
		stands := points(m.After)
		if m.Held {
			stands = points(m.Before) + ", held"
		}
		t.AppendRow([]any{m.Student, points(m.Before), points(m.After), signed(m.After - m.Before), taskMoves(m), strings.Join(m.Why, "\n"), stands})
	}
	t.Render()
	fmt.Fprintf(w, "All that ever moved is in %s\n", shown(filepath.Join(out, "changes.csv")))
}

// taskMoves is "scale 2 → 6, mean 4 → 0 Runtime Error".
func taskMoves(m *result.Move) string {
	parts := make([]string, len(m.Tasks))
	for i, t := range m.Tasks {
		parts[i] = fmt.Sprintf("%s %s → %s", t.ID, points(t.Before), points(t.After))
		switch {
		case t.Is == "":
			parts[i] = fmt.Sprintf("%s %s → gone", t.ID, points(t.Before))
		case t.Was == "":
			parts[i] = fmt.Sprintf("%s new: %s", t.ID, points(t.After))
		case t.Is != check.Accepted:
			parts[i] += " " + string(t.Is)
		}
	}
	if len(parts) == 0 {
		return m.Was + " → " + m.Is
	}
	return strings.Join(parts, "\n")
}

// signed is a difference of points, "+2" or "-2".
func signed(x float64) string {
	if x > 0 {
		return "+" + points(x)
	}
	return points(x)
}
