package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"courselab/coursekit/experiment"
)

func runCommand(find func(id string) (experiment.Milestone, error)) *cobra.Command {
	var (
		options experiment.Options
		asJSON  bool
		out     string
	)
	cmd := &cobra.Command{
		Use:   "run MILESTONE...",
		Short: "Run milestones and check their numbers",
		Long: "Run milestones, one after the other, and check their numbers. The exit code is 0 if all checks have passed,\n" +
			"1 if one was missed, 2 if something could not run.",
		Example: "  lab run M1\n  lab run M6 --seeds 1,2,3 --out figures\n  lab run M6 --quick --backend go --json",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, ids []string) error {
			var milestones []experiment.Milestone
			for _, id := range ids {
				m, err := find(strings.ToUpper(id))
				if err != nil {
					return fmt.Errorf("%w; see `lab list`", err)
				}
				milestones = append(milestones, m)
			}
			options.Progress = cmd.ErrOrStderr()
			var results []experiment.Result
			missed := false
			for _, m := range milestones {
				result, err := m.Run(options)
				if err != nil {
					return err
				}
				missed = missed || !result.Passed()
				results = append(results, result)
				if !asJSON {
					if err := result.WriteText(cmd.OutOrStdout()); err != nil {
						return err
					}
				}
				if out != "" {
					files, err := writeFigures(result, out)
					if err != nil {
						return err
					}
					fmt.Fprintf(cmd.ErrOrStderr(), "%d files written to %s\n", len(files), out)
				}
			}
			if asJSON {
				encoder := json.NewEncoder(cmd.OutOrStdout())
				encoder.SetIndent("", "  ")
				if err := encoder.Encode(results); err != nil {
					return err
				}
			}
			if missed {
				return errMissed
			}
			return nil
		},
	}
	flags := cmd.Flags()
	flags.Int64SliceVar(&options.Seeds, "seeds", nil, "seeds to run with, as 1,2,3 (default: the milestone's own)")
	flags.StringVar(&options.Backend, "backend", "", "compute backend: xla:cuda, xla:cpu or go (default: $GOMLX_BACKEND, else the best that works)")
	flags.BoolVar(&options.Quick, "quick", experiment.QuickByEnvironment(), "small settings, for the pure-Go backend; also "+experiment.QuickEnv+"=1")
	flags.BoolVarP(&options.Quiet, "quiet", "q", false, "no progress")
	flags.BoolVar(&asJSON, "json", false, "write the results as a JSON array")
	flags.StringVar(&out, "out", "", "folder for the figures and the result as JSON")
	return cmd
}

// writeJSON writes v to a file, whole or not at all.
func writeJSON(path string, v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(path, append(data, '\n'))
}

// writeFile writes a file under another name and renames it.
func writeFile(path string, data []byte) error {
	temporary := path + ".part"
	if err := os.WriteFile(temporary, data, 0o666); err != nil {
		return err
	}
	if err := os.Rename(temporary, path); err != nil {
		_ = os.Remove(temporary)
		return err
	}
	return nil
}
