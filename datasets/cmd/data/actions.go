package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/schollz/progressbar/v3"

	"courselab/datasets"
	"courselab/datasets/fetch"
)

// row is a data set and its state on this machine.
type row struct {
	Name    string                    `json:"name"`
	Title   string                    `json:"title"`
	State   string                    `json:"state"` // "verified", "absent" or "damaged"
	Release string                    `json:"release,omitempty"`
	Folder  string                    `json:"folder,omitempty"`
	Checks  map[string]datasets.Check `json:"checks,omitempty"`
	Problem string                    `json:"problem,omitempty"`
}

func inspect(entry datasets.Entry) row {
	r := row{Name: entry.Name, Title: entry.Title, State: "verified"}
	found, err := datasets.Open(entry.Name)
	switch {
	case err == nil:
		r.Release, r.Folder, r.Checks = found.Release.Name, found.Folder, found.Checks
	case errors.Is(err, datasets.ErrCorrupt):
		r.State, r.Problem = "damaged", err.Error()
	default:
		r.State, r.Problem = "absent", err.Error()
	}
	return r
}

func list(out io.Writer, asJSON bool) error {
	var rows []row
	for _, entry := range datasets.Catalogue() {
		rows = append(rows, inspect(entry))
	}
	if asJSON {
		return writeJSON(out, rows)
	}
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.AppendHeader(table.Row{"Name", "What", "State", "Release", "Folder"})
	for _, r := range rows {
		t.AppendRow(table.Row{r.Name, r.Title, r.State, r.Release, r.Folder})
	}
	_, err := fmt.Fprintln(out, t.Render())
	return err
}

func show(out io.Writer, name string, asJSON bool) error {
	entry, err := datasets.Lookup(name)
	if err != nil {
		return err
	}
	if asJSON {
		return writeJSON(out, entry)
	}
	fmt.Fprintf(out, "%s: %s\nlicence:  %s\ncite:     %s\nhomepage: %s\n", entry.Name, entry.Title, entry.Licence, entry.Citation, entry.Homepage)
	for _, release := range entry.Releases {
		fmt.Fprintf(out, "\nrelease %s: %s\n", release.Name, release.Note)
		for _, split := range release.Splits {
			if split.Records > 0 {
				fmt.Fprintf(out, "  %-5s  %d records\n", split.Name, split.Records)
			}
		}
		for _, f := range release.Files {
			size, sum := "size not known", "checked by structure"
			if f.Size > 0 {
				size = fmt.Sprintf("%d bytes", f.Size)
			}
			if f.SHA256 != "" {
				sum = "SHA-256 " + f.SHA256
			}
			fmt.Fprintf(out, "  %s, %s, %s\n", f.Name, size, sum)
		}
		for _, source := range release.Sources {
			for _, url := range source.URLs {
				fmt.Fprintf(out, "  from %s\n", url)
			}
		}
	}
	fmt.Fprintln(out, "\nlooked for in:")
	for _, root := range datasets.Roots() {
		fmt.Fprintf(out, "  %s (%s), folder %s\n", root.Path, root.From, entry.Folders[0])
	}
	return nil
}

// check fails if a data set that was named is absent, or any is damaged.
func check(out io.Writer, names []string, asJSON bool) error {
	named := len(names) > 0
	if !named {
		names = datasets.Names()
	}
	var rows []row
	var unusable []string
	for _, name := range names {
		entry, err := datasets.Lookup(name)
		if err != nil {
			return err
		}
		r := inspect(entry)
		rows = append(rows, r)
		if r.State == "damaged" || (named && r.State == "absent") {
			unusable = append(unusable, name)
		}
	}
	if asJSON {
		if err := writeJSON(out, rows); err != nil {
			return err
		}
		rows = nil
	}
	for _, r := range rows {
		switch r.State {
		case "verified":
			by := map[datasets.Check]int{}
			for _, c := range r.Checks {
				by[c]++
			}
			fmt.Fprintf(out, "%s: verified, release %s in %s (%d files by SHA-256, %d by structure)\n",
				r.Name, r.Release, r.Folder, by[datasets.BySHA256], by[datasets.ByStructure])
		default:
			fmt.Fprintln(out, r.Problem)
		}
	}
	if unusable != nil {
		return fmt.Errorf("not usable: %s", strings.Join(unusable, ", "))
	}
	return nil
}

func get(ctx context.Context, out, progress io.Writer, names []string, asJSON bool) error {
	var rows []row
	for _, name := range names {
		var bar *progressbar.ProgressBar
		current := ""
		found, err := datasets.OpenOrDownload(ctx, name, func(p fetch.Progress) {
			if p.File != current {
				if bar != nil {
					_ = bar.Exit()
				}
				current, bar = p.File, newBar(p, progress)
			}
			_ = bar.Set64(p.Done)
		})
		if bar != nil {
			_ = bar.Exit()
			fmt.Fprintln(progress)
		}
		if err != nil {
			return err
		}
		rows = append(rows, row{Name: name, Title: found.Entry.Title, State: "verified", Release: found.Release.Name, Folder: found.Folder, Checks: found.Checks})
		if !asJSON {
			fmt.Fprintf(out, "%s: release %s in %s\n", name, found.Release.Name, found.Folder)
		}
	}
	if asJSON {
		return writeJSON(out, rows)
	}
	return nil
}

func newBar(p fetch.Progress, out io.Writer) *progressbar.ProgressBar {
	total := p.Total
	if total == 0 {
		total = -1 // not known: a spinner
	}
	return progressbar.NewOptions64(total, progressbar.OptionSetWriter(out), progressbar.OptionSetDescription(p.File),
		progressbar.OptionShowBytes(true), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionFullWidth())
}

func writeJSON(out io.Writer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}
