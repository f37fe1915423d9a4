// Command data lists, checks and downloads the course's data sets.
//
//	go run ./datasets/cmd/data list            what there is, and what of it is on this machine
//	go run ./datasets/cmd/data show mnist      files, sums, licence, citation, where to put them
//	go run ./datasets/cmd/data check           verify every copy on this machine
//	go run ./datasets/cmd/data get mnist       download, verify, put into the cache
//	go run ./datasets/cmd/data sample birds 3  print items of a generator
//
// Results go to standard output, as JSON with --json; progress and errors to standard error. The exit code is 0 only on success.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := newCommand().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "data: "+err.Error())
		stop()
		os.Exit(1)
	}
}

func newCommand() *cobra.Command {
	var asJSON bool
	root := &cobra.Command{
		Use: "data", Short: "List, check and download the course's data sets",
		SilenceUsage: true, SilenceErrors: true, CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.PersistentFlags().BoolVar(&asJSON, "json", false, "print JSON")
	root.AddCommand(
		&cobra.Command{
			Use: "list", Short: "List the data sets and what of them is on this machine", Args: cobra.NoArgs,
			RunE: func(c *cobra.Command, _ []string) error { return list(c.OutOrStdout(), asJSON) },
		},
		&cobra.Command{
			Use: "show NAME", Short: "Show files, sums, licence and citation of a data set", Args: cobra.ExactArgs(1),
			RunE: func(c *cobra.Command, args []string) error { return show(c.OutOrStdout(), args[0], asJSON) },
		},
		&cobra.Command{
			Use: "check [NAME...]", Short: "Verify the copies on this machine; without names, those of all data sets that are here",
			RunE: func(c *cobra.Command, args []string) error { return check(c.OutOrStdout(), args, asJSON) },
		},
		&cobra.Command{
			Use: "get NAME...", Short: "Download data sets that are not on this machine into the cache", Args: cobra.MinimumNArgs(1),
			RunE: func(c *cobra.Command, args []string) error {
				return get(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), args, asJSON)
			},
		},
		sampleCommand(),
	)
	return root
}
