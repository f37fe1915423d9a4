package main

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"courselab/coursekit/backend"
)

func doctorCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Say which compute backend is used, and why",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, info, err := backend.Open()
			if err != nil {
				return err
			}
			if asJSON {
				encoder := json.NewEncoder(cmd.OutOrStdout())
				encoder.SetIndent("", "  ")
				return encoder.Encode(info)
			}
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			row := func(name string, value any) {
				if text := fmt.Sprint(value); text != "" {
					fmt.Fprintf(w, "%s\t%s\n", name, text)
				}
			}
			row("backend", info.Name)
			row("why", info.Reason)
			row("what", info.Description)
			row("devices", info.Devices)
			row("plugin", info.PluginPath)
			row("version", info.PluginVersion)
			if info.SIMD {
				row("SIMD", "built with it")
			}
			return w.Flush()
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON")
	return cmd
}
