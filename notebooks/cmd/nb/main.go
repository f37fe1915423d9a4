// Command nb sets the lab up, opens it, and builds, executes and checks its notebooks.
//
//	go run ./notebooks/cmd/nb setup      # everything the lab needs, into .lab and the user's cache folder
//	go run ./notebooks/cmd/nb start      # JupyterLab on the start page
//	go run ./notebooks/cmd/nb execute    # build the notebooks from notebooks/src and run them
//	go run ./notebooks/cmd/nb site       # the executed notebooks as a website
//	go run ./notebooks/cmd/nb doctor     # what is there, what is missing, how to get it
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := newCommand().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "nb:", err)
		os.Exit(1)
	}
}

func newCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "nb",
		Short:         "Set the lab up, open it, build and execute its notebooks",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(setupCommand(), startCommand(), buildCommand(), executeCommand(), siteCommand(), doctorCommand())
	return root
}
