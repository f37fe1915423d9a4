// Command backend says which compute backend programs get on this machine, and compares PJRT plugins.
//
//	go run ./coursekit/backend/cmd/backend            # what Open gives, and why
//	go run ./coursekit/backend/cmd/backend --json
//	go run ./coursekit/backend/cmd/backend install cuda
//	go run ./coursekit/backend/cmd/backend compare /folder/a.so /folder/b.so
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"courselab/coursekit/backend"
)

func main() {
	var asJSON bool
	root := &cobra.Command{
		Use: "backend", Short: "Say which compute backend programs get here", Args: cobra.NoArgs,
		SilenceErrors: true, SilenceUsage: true,
		RunE: func(command *cobra.Command, _ []string) error {
			_, info, err := backend.Open()
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(command.OutOrStdout()).Encode(info)
			}
			fmt.Fprintf(command.OutOrStdout(), "%s\n%s, %d device(s)\n", info, info.Description, info.Devices)
			if info.PluginPath != "" {
				fmt.Fprintln(command.OutOrStdout(), info.PluginPath)
			}
			return nil
		},
	}
	root.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	root.AddCommand(installCommand(), compareCommand(), measureCommand(), openCommand())
	if err := root.Execute(); err != nil {
		fmt.Fprintln(os.Stderr, "backend:", err)
		os.Exit(1)
	}
}
