package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"courselab/autograde/check"
	"courselab/autograde/collect"

	"github.com/spf13/cobra"
)

func collectCommand() *cobra.Command {
	var o struct {
		out, folder, received string
		trust, json           bool
	}
	cmd := &cobra.Command{
		Use:   "collect REPOSITORIES -o DIR",
		Short: "Take submissions out of git repositories",
		Long: "Takes one commit of each repository into DIR/STUDENT.tar, for autograde grade. REPOSITORIES is a CSV with the columns\n" +
			"student,repository,commit (and received), or a folder with a bare repository, a working copy or a bundle a student, at HEAD.\n" +
			"Nothing is fetched: clone first, git clone --mirror URL STUDENT.git.\n\n" +
			"Git runs in the sandbox on a copy of refs and objects: nothing that a repository sets up is run, no hook, filter, submodule or\n" +
			"LFS. The dates of commits are not believed: DIR/received.csv says when a commit was collected first, or what --received or the\n" +
			"list says, and autograde enter --received reads it.\n\n" +
			"Exits 3 if a repository could not be taken; the others are.",
		Example: "  autograde collect clones -o handed-in --folder release/lab0-warmup\n" +
			"  autograde collect list.csv -o handed-in --received 2023-03-31T23:59:00-04:00",
		Args: exactly("REPOSITORIES"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.out == "" {
				return usage{errors.New("collect needs a folder for the submissions: -o DIR")}
			}
			c := &collect.Collector{Out: o.out, Folder: strings.Trim(filepath.ToSlash(o.folder), "/"), Now: time.Now().Truncate(time.Second)}
			if o.received != "" {
				at, err := time.Parse(time.RFC3339, o.received)
				if err != nil {
					return usage{fmt.Errorf("--received %q is no time: write 2023-03-31T23:59:00-04:00", o.received)}
				}
				c.Now = at
			}
			sources, err := collect.Sources(args[0])
			if err != nil {
				return err
			}
			if c.Sandbox, err = box(o.trust); err != nil {
				return err
			}
			cache, err := os.UserCacheDir()
			if err != nil {
				return err
			}
			if c.State = filepath.Join(cache, "courselab", "autograde"); os.MkdirAll(c.State, 0o755) != nil {
				return fmt.Errorf("cannot write to %s", c.State)
			}
			taken, err := collectAll(cmd, c, sources)
			if err != nil {
				return err
			}
			if o.json {
				err = printJSON(cmd.OutOrStdout(), taken)
			} else {
				takenTable(cmd, taken, o.out)
			}
			for _, t := range taken {
				if t.Error != "" && err == nil {
					err = exitLook
				}
			}
			return err
		},
	}
	cmd.Flags().StringVarP(&o.out, "output", "o", "", "folder for the submissions")
	cmd.Flags().StringVar(&o.folder, "folder", "", "folder of the repositories that is handed in (default: all)")
	cmd.Flags().StringVar(&o.received, "received", "", "when all that is new was handed in (default: now)")
	cmd.Flags().BoolVar(&o.json, "json", false, "print what was taken as JSON")
	cmd.Flags().BoolVar(&o.trust, "i-trust-these-students", false, "run git without a sandbox")
	return cmd
}

// collectAll takes the sources one after the other, and notes after each when it was handed in.
func collectAll(cmd *cobra.Command, c *collect.Collector, sources []collect.Source) (taken []*collect.Taken, err error) {
	if err := os.MkdirAll(c.Out, 0o755); err != nil {
		return nil, err
	}
	times, err := collect.ReadReceived(c.Out)
	if err != nil {
		return nil, err
	}
	for _, s := range sources {
		t, err := c.Collect(cmd.Context(), s, times)
		if err != nil && cmd.Context().Err() != nil {
			return nil, err
		}
		if err != nil { // one repository must not keep the others from being taken
			t = &collect.Taken{Student: s.Student, Repository: s.Repository, Error: "not taken, by no fault of the student's: " + check.Line(err.Error(), 300)}
		}
		taken = append(taken, t)
		if t.Error != "" {
			continue
		}
		times[t.Student] = t.Received
		if err := collect.WriteReceived(c.Out, times); err != nil {
			return nil, err
		}
	}
	return taken, nil
}

func takenTable(cmd *cobra.Command, taken []*collect.Taken, out string) {
	t := newTable(cmd.OutOrStdout(), "student", "commit", "files", "handed in", "")
	failed := 0
	for _, x := range taken {
		note := strings.Join(x.Notes, "; ")
		switch {
		case x.Error != "":
			failed++
			t.AppendRow([]any{x.Student, "", "", "", x.Error})
			continue
		case x.Kept:
			note = strings.Trim("as before; "+note, "; ")
		}
		t.AppendRow([]any{x.Student, x.Commit[:min(12, len(x.Commit))], x.Files, x.Received.Format(time.RFC3339), note})
	}
	t.Render()
	fmt.Fprintf(cmd.OutOrStdout(), "%s taken", plural(len(taken)-failed, "submission", "submissions"))
	if failed > 0 {
		fmt.Fprintf(cmd.OutOrStdout(), ", %d could not be", failed)
	}
	fmt.Fprintf(cmd.OutOrStdout(), ". Next: autograde grade LAB %s -o OUT; autograde enter ... --received %s\n", shown(out), shown(filepath.Join(out, collect.ReceivedName)))
}
