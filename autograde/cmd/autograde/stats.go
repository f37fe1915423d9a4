package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"courselab/autograde/result"
	"courselab/autograde/statistics"

	"github.com/spf13/cobra"
)

func statsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "stats OUT",
		Short: "Show how a graded class did",
		Long: "Shows what autograde grade has found out about a class: the distribution of the scores, how difficult each task was and how\n" +
			"well it tells who knows more, what went wrong by verdict and check, and which submissions were slowest. OUT/index.html has\n" +
			"the same for the browser, OUT/summary.json for programs.\n\n" +
			"Difficulty is the mean share of a task's points (1 is easy); discrimination the corrected item-total correlation, that is of\n" +
			"a task's share with the points of the other tasks; best - worst the mean share of the best 27 % of the class less that of\n" +
			"the worst 27 %. All three are of the submissions that could be run.",
		Example: "  autograde stats build/grades",
		Args:    exactly("OUT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			class := result.Folder(args[0]).Class()
			if class == nil {
				return fmt.Errorf("no class has been graded into %s to the end: run autograde grade LAB SUBMISSIONS -o %s", args[0], args[0])
			}
			if len(class.Histogram) == 0 {
				return fmt.Errorf("%s was graded by an earlier version: run the same autograde grade again, which keeps the grades", args[0])
			}
			classStatistics(cmd.OutOrStdout(), class, args[0])
			return nil
		},
	}
}

// Sizes of what a terminal shows.
const (
	statsBar    = 40
	statsCauses = 12
	statsNames  = 2
)

func classStatistics(w io.Writer, c *result.Class, out string) {
	fmt.Fprintf(w, "%s: mean %.1f of %s, σ %.1f, median %.1f; %d with all points\n", plural(c.Students, "student", "students"), c.Mean, points(c.Max), c.Deviation, c.Median, c.Full)
	printHistogram(w, c.Distribution)
	fmt.Fprintln(w)
	tasks := newTable(w, "task", "mean", "of", "solved", "difficulty", "discrimination", "best - worst 27 %")
	for _, t := range c.Tasks {
		discrimination, upperLower := told(t.Item, c.Ran)
		tasks.AppendRow([]any{t.ID, points(t.Mean), points(t.Max), t.Full, share(t.Difficulty), discrimination, upperLower})
	}
	tasks.Render()
	if len(c.Causes) > 0 {
		causes := newTable(w, "students", "verdict", "task", "what went wrong", "points lost", "who")
		for _, cause := range c.Causes[:min(statsCauses, len(c.Causes))] {
			causes.AppendRow([]any{len(cause.Students), colored(cause.Verdict), cause.Task, whatWentWrong(cause), points(cause.Lost), some(cause.Students, statsNames)})
		}
		causes.Render()
		if n := len(c.Causes) - statsCauses; n > 0 {
			fmt.Fprintf(w, "and %s\n", plural(n, "rarer cause", "rarer causes"))
		}
	}
	slow := newTable(w, "slowest", "seconds", "of it build", "slowest task", "took", "processor seconds")
	for _, s := range c.Slowest[:min(5, len(c.Slowest))] {
		slow.AppendRow([]any{s.Student, seconds(s.Seconds), seconds(s.BuildSec), s.Task, seconds(s.TaskSeconds), seconds(s.CPU)})
	}
	slow.Render()
	fmt.Fprintf(w, "Next: open %s\n", shown(filepath.Join(out, "index.html")))
}

// told is how well an item tells who knows more: discrimination and upper-lower.
func told(i statistics.Item, students int) (discrimination, upperLower string) {
	if !i.Told() {
		return "-", "-"
	}
	discrimination = share(i.Discrimination)
	if i.Weak(students) {
		discrimination += " weak"
	}
	return discrimination, share(i.UpperLower)
}

func share(x float64) string   { return strconv.FormatFloat(x, 'f', 2, 64) }
func seconds(x float64) string { return strconv.FormatFloat(x, 'f', 1, 64) }

// whatWentWrong names the checks of a cause, or the reason why nothing could be run.
func whatWentWrong(c result.Cause) string {
	if len(c.Checks) == 0 {
		return oneLineOf(c.Why, 60)
	}
	names := make([]string, len(c.Checks))
	for i, failed := range c.Checks {
		names[i] = failed.Check
	}
	return some(names, statsNames)
}

// oneLineOf is a text, which may be a student's, on one line of at most so many characters.
func oneLineOf(text string, most int) string {
	line := []rune(result.Cell(text))
	if len(line) > most {
		line = append(line[:most], '…')
	}
	return string(line)
}

// some names the first of a list and counts the others.
func some(names []string, most int) string {
	text := strings.Join(names[:min(most, len(names))], ", ")
	if n := len(names) - most; n > 0 {
		text += fmt.Sprintf(" and %d more", n)
	}
	return text
}

// printHistogram draws a distribution, without the empty bins at its ends.
func printHistogram(w io.Writer, d statistics.Distribution) {
	first, last, most := len(d.Histogram), -1, 0
	for i, bin := range d.Histogram {
		if bin.Count > 0 {
			first, last, most = min(first, i), i, max(most, bin.Count)
		}
	}
	for i := first; i <= last; i++ {
		bin := d.Histogram[i]
		fmt.Fprintf(w, "  %6s to %-6s %s %d\n", points(bin.From), points(bin.To), strings.Repeat("█", (bin.Count*statsBar+most-1)/most), bin.Count)
	}
}
