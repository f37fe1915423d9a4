package main

import (
	"embed"
	"strings"

	"github.com/spf13/cobra"
)

//go:embed help
var help embed.FS

// topics are pages of `autograde help` that belong to no command.
func topics() []*cobra.Command {
	var commands []*cobra.Command
	for _, topic := range []struct{ name, short string }{
		{"walkthrough", "From a new lab to exported grades, in ten commands"},
		{"verdicts", "What each verdict means, how points are counted, exit codes"},
		{"security", "What stands between a submission and points it has not earned"},
		{"formats", "The files that are read and written"},
	} {
		text, err := help.ReadFile("help/" + topic.name + ".txt")
		if err != nil {
			panic(err) // embedded
		}
		// A command that cannot be run is a topic to cobra.
		commands = append(commands, &cobra.Command{Use: topic.name, Short: topic.short, Long: strings.TrimSpace(string(text))})
	}
	return commands
}
