package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"gonum.org/v1/gonum/stat"

	"courselab/coursekit/experiment"
)

// The table stands between these lines of a Markdown file.
const (
	tableBegins = "<!-- milestones: written by `lab report` -->"
	tableEnds   = "<!-- end of milestones -->"
)

func reportCommand(catalogue func() []experiment.Milestone) *cobra.Command {
	var (
		options     experiment.Options
		out, readme string
	)
	cmd := &cobra.Command{
		Use:   "report [MILESTONE...]",
		Short: "Run all milestones and write the table of their numbers",
		Long: "Run all milestones, or those that are named, with their own settings, and write the table of their numbers as JSON and as\n" +
			"Markdown. One that fails does not stop the others. The exit code is 0 if all checks have passed, 1 if one was missed, 2 if something\n" +
			"could not run.",
		Example: "  lab report --out notebooks/data --readme README.md",
		RunE: func(cmd *cobra.Command, ids []string) error {
			milestones, err := named(catalogue(), ids)
			if err != nil {
				return err
			}
			if readme != "" { // find out before an hour's work, not after it
				if _, err := withTable(readme, ""); err != nil {
					return err
				}
			}
			options.Progress = cmd.ErrOrStderr()
			results, err := runAll(cmd.OutOrStdout(), cmd.ErrOrStderr(), milestones, options)
			if writeErr := writeReport(milestones, results, out, readme); writeErr != nil {
				return writeErr
			}
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&options.Backend, "backend", "", "compute backend: xla:cuda, xla:cpu or go (default: $GOMLX_BACKEND, else the best that works)")
	flags.BoolVar(&options.Quick, "quick", experiment.QuickByEnvironment(), "small settings, for the pure-Go backend; also "+experiment.QuickEnv+"=1")
	flags.BoolVarP(&options.Quiet, "quiet", "q", false, "no progress")
	flags.StringVar(&out, "out", "build/milestones", "folder for milestones.json and milestones.md")
	flags.StringVar(&readme, "readme", "", "Markdown file whose table of milestones is replaced, between the lines "+tableBegins+" and "+tableEnds)
	return cmd
}

// named are the milestones with the ids, in the order of the catalogue; all if there are no ids.
func named(all []experiment.Milestone, ids []string) (some []experiment.Milestone, err error) {
	if len(ids) == 0 {
		return all, nil
	}
	wanted := map[string]bool{}
	for _, id := range ids {
		wanted[strings.ToUpper(id)] = true
	}
	for _, m := range all {
		if wanted[strings.ToUpper(m.ID)] {
			some = append(some, m)
			delete(wanted, strings.ToUpper(m.ID))
		}
	}
	for id := range wanted {
		return nil, fmt.Errorf("no milestone %q; see `lab list`", id)
	}
	return some, nil
}

// runAll runs every milestone and prints it. The error is errMissed if a check was missed, another if one could not run.
func runAll(out, progress io.Writer, milestones []experiment.Milestone, options experiment.Options) (results []experiment.Result, err error) {
	var failed []string
	missed := false
	for _, m := range milestones {
		result, err := m.Run(options)
		if err != nil {
			fmt.Fprintf(progress, "%s could not run: %s\n", m.ID, oneLine(err))
			failed = append(failed, m.ID)
			continue
		}
		if err := result.WriteText(out); err != nil {
			return results, err
		}
		fmt.Fprintln(out)
		missed = missed || !result.Passed()
		results = append(results, result)
	}
	passed := 0
	for _, result := range results {
		if result.Passed() {
			passed++
		}
	}
	fmt.Fprintf(out, "%d of %d milestones passed\n", passed, len(milestones))
	switch {
	case len(failed) > 0:
		return results, fmt.Errorf("could not run %s; the reasons stand above", strings.Join(failed, ", "))
	case missed:
		return results, errMissed
	}
	return results, nil
}

// writeReport writes the table into a folder and into a Markdown file, if one is named.
func writeReport(milestones []experiment.Milestone, results []experiment.Result, dir, readme string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	short := make([]experiment.Result, len(results))
	for i, result := range results {
		result.Curves, result.Maps, result.Pictures, result.Points, result.Examples = nil, nil, nil, nil, nil
		result.Backend.Config, result.Backend.Description, result.Backend.PluginPath = "", "", "" // where things lie is this machine's own
		short[i] = result
	}
	if err := writeJSON(filepath.Join(dir, "milestones.json"), short); err != nil {
		return err
	}
	table := markdown(milestones, results)
	if err := writeFile(filepath.Join(dir, "milestones.md"), []byte("# Milestones\n\n"+table)); err != nil {
		return err
	}
	if readme == "" {
		return nil
	}
	text, err := withTable(readme, table)
	if err != nil {
		return err
	}
	return writeFile(readme, []byte(text))
}

// withTable is the text of a Markdown file with its table replaced.
func withTable(path, table string) (string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	before, rest, begins := strings.Cut(string(data), tableBegins)
	_, after, ends := strings.Cut(rest, tableEnds)
	if !begins || !ends {
		return "", fmt.Errorf("%s has no place for the table: write the lines %s and %s where it belongs", path, tableBegins, tableEnds)
	}
	return before + tableBegins + "\n" + table + tableEnds + after, nil
}

// markdown is the table of the milestones: their headline numbers beside what they are compared with.
func markdown(milestones []experiment.Milestone, results []experiment.Result) string {
	headlines := map[string][]string{}
	for _, m := range milestones {
		headlines[m.ID] = m.Headline
	}
	var b strings.Builder
	b.WriteString("| | milestone | measured | compare with | seeds | time |\n|---|---|---|---|---|---|\n")
	for _, result := range results {
		mark := "✓"
		if !result.Passed() {
			mark = "✗"
		}
		id, title, seeds, time := mark+" "+result.ID, result.Title, "", fmt.Sprintf("%.0f s", math.Ceil(result.Seconds))
		if len(result.Seeds) > 0 {
			seeds = strconv.Itoa(len(result.Seeds))
		}
		for _, name := range headlines[result.ID] {
			number, found := result.Number(name)
			if !found {
				continue // quick settings measure less
			}
			expected := ""
			if number.Expected != nil {
				expected = figure(*number.Expected)
				if number.From != "" {
					expected += " (" + number.From + ")"
				}
			}
			fmt.Fprintf(&b, "| %s | %s | %s: %s | %s | %s | %s |\n", id, cell(title), cell(number.Name), spread(number.Values), cell(expected), seeds, time)
			id, title, seeds, time = "", "", "", ""
		}
		if id != "" {
			fmt.Fprintf(&b, "| %s | %s | %d checks | | %s | %s |\n", id, cell(title), len(result.Checks), seeds, time)
		}
	}
	if len(results) > 0 {
		fmt.Fprintf(&b, "\nMeasured on %s; mean ± standard deviation over the seeds. ✓: every check of the milestone has passed.\n", cell(results[0].Backend.String()))
	}
	return b.String()
}

// spread is the mean of the values and, if there are several, their standard deviation.
func spread(values []float64) string {
	if len(values) == 0 {
		return ""
	}
	mean, deviation := stat.MeanStdDev(values, nil)
	if len(values) == 1 || deviation == 0 {
		return figure(mean)
	}
	return figure(mean) + " ± " + figure(deviation)
}

// figure writes a number with four significant digits.
func figure(x float64) string { return strconv.FormatFloat(x, 'g', 4, 64) }

// cell is a text that stays within its cell.
func cell(s string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(s), " "), "|", `\|`)
}
