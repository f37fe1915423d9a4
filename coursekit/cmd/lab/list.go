package main

import (
	"encoding/json"
	"io"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"courselab/coursekit/experiment"
)

func listCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the milestones: what each shows, the number to expect, the time it takes",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if asJSON {
				return listJSON(cmd.OutOrStdout())
			}
			t := table.NewWriter()
			t.SetOutputMirror(cmd.OutOrStdout())
			t.SetStyle(table.StyleLight)
			t.Style().Options.SeparateRows = true
			t.SetColumnConfigs([]table.ColumnConfig{
				{Name: "shows", WidthMax: 46, WidthMaxEnforcer: text.WrapSoft},
				{Name: "milestone", WidthMax: 26, WidthMaxEnforcer: text.WrapSoft},
				{Name: "expect", WidthMax: 34, WidthMaxEnforcer: text.WrapSoft},
			})
			t.AppendHeader(table.Row{"id", "milestone", "shows", "expect", "takes"})
			for _, m := range experiment.Milestones() {
				t.AppendRow(table.Row{m.ID, m.Title, m.Shows, m.Expect, m.Takes})
			}
			t.Render()
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON")
	return cmd
}

func listJSON(w io.Writer) error {
	type entry struct {
		ID     string `json:"id"`
		Title  string `json:"title"`
		Shows  string `json:"shows"`
		Expect string `json:"expect"`
		Takes  string `json:"takes"`
	}
	var entries []entry
	for _, m := range experiment.Milestones() {
		entries = append(entries, entry{m.ID, m.Title, m.Shows, m.Expect, m.Takes})
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(entries)
}
