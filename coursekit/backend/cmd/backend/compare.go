package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	. "github.com/gomlx/gomlx/core/graph"

	"courselab/coursekit/backend"
	"courselab/coursekit/backend/measure"
)

// report is what a process of its own found about one backend.
type report struct {
	Info    backend.Info
	Results []measure.Result
}

// compareCommand runs the cases on the Go backend and on each plugin, each in a process of its own, as a plugin may end
// its process; and counts processes that do not end well.
func compareCommand() *cobra.Command {
	var seconds float64
	var exits int
	command := &cobra.Command{
		Use:   "compare [PLUGIN.so | BACKEND]...",
		Short: "Compare backends, or plugin files: error against float64, compile and run time, clean ends",
		RunE: func(command *cobra.Command, names []string) error {
			if len(names) == 0 {
				names = []string{backend.XLACPU}
			}
			t := table.NewWriter()
			t.SetOutputMirror(command.OutOrStdout())
			t.AppendHeader(table.Row{"backend", "case", "error", "compile ms", "run ms"})
			var ends []string
			for _, name := range append([]string{backend.Go}, names...) {
				if strings.HasPrefix(name, "/") {
					name = "xla:" + name
				}
				fmt.Fprintln(os.Stderr, "measuring", name)
				text, err := self("measure", name, "--seconds", fmt.Sprint(seconds))
				if err != nil {
					return fmt.Errorf("%s: %w", name, err)
				}
				var r report
				if err := json.Unmarshal(text, &r); err != nil {
					return fmt.Errorf("%s: %w", name, err)
				}
				label := name
				if r.Info.PluginVersion != "" {
					label = r.Info.PluginVersion
				}
				for _, m := range r.Results {
					t.AppendRow(table.Row{label, m.Case, fmt.Sprintf("%.1e", m.Error), fmt.Sprintf("%.0f", m.Compile*1e3), fmt.Sprintf("%.2f", m.Run*1e3)})
					label = ""
				}
				t.AppendSeparator()
				bad, problem := 0, ""
				for range exits {
					if _, err := self("open", name); err != nil {
						bad++
						problem = ": " + err.Error()
					}
				}
				ends = append(ends, fmt.Sprintf("%s: %s; %d of %d processes ended badly%s", name, r.Info.Description, bad, exits, problem))
			}
			t.Render()
			fmt.Fprintln(command.OutOrStdout(), strings.Join(ends, "\n"))
			return nil
		},
	}
	command.Flags().Float64Var(&seconds, "seconds", 2, "time to run each case")
	command.Flags().IntVar(&exits, "exits", 10, "processes to start and end")
	return command
}

// self runs this program again.
func self(args ...string) ([]byte, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	command := exec.Command(program, args...)
	var problem bytes.Buffer
	command.Stderr = &problem
	text, err := command.Output()
	if err != nil {
		line, _, _ := strings.Cut(strings.TrimSpace(problem.String()), "\n")
		return nil, fmt.Errorf("%w: %s", err, line)
	}
	return text, nil
}

func measureCommand() *cobra.Command {
	var seconds float64
	command := &cobra.Command{
		Use: "measure BACKEND", Short: "Measure one backend in this process, as JSON", Args: cobra.ExactArgs(1), Hidden: true,
		RunE: func(command *cobra.Command, names []string) error {
			reference, _, err := backend.OpenNamed(backend.Go)
			if err != nil {
				return err
			}
			b, info, err := backend.OpenNamed(names[0])
			if err != nil {
				return err
			}
			r := report{Info: info}
			for _, c := range measure.Cases() {
				result, err := measure.Run(c, b, reference, time.Duration(seconds*float64(time.Second)))
				if err != nil {
					return err
				}
				r.Results = append(r.Results, result)
			}
			return json.NewEncoder(command.OutOrStdout()).Encode(r)
		},
	}
	command.Flags().Float64Var(&seconds, "seconds", 2, "time to run each case")
	return command
}

// openCommand opens a backend, computes 1+2 on it, and ends: all that it takes to see if a process ends well.
func openCommand() *cobra.Command {
	return &cobra.Command{
		Use: "open BACKEND", Short: "Open a backend, add two numbers, end", Args: cobra.ExactArgs(1), Hidden: true,
		RunE: func(command *cobra.Command, names []string) error {
			b, _, err := backend.OpenNamed(names[0])
			if err != nil {
				return err
			}
			sum, err := CallOnce(b, func(x, y *Node) *Node { return Add(x, y) }, float32(1), float32(2))
			if err != nil {
				return err
			}
			if got := sum.Value().(float32); got != 3 {
				return fmt.Errorf("1+2 = %v", got)
			}
			return nil
		},
	}
}
