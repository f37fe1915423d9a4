package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"courselab/autograde/build"
	"courselab/autograde/grade"
	"courselab/autograde/lab"
	"courselab/autograde/sandbox"

	"github.com/spf13/cobra"
)

// finding is a line of the doctor's.
type finding struct {
	Part   string `json:"part"`
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Needed bool   `json:"needed"`
	Detail string `json:"detail,omitempty"`
	Fix    string `json:"fix,omitempty"`
}

func doctorCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Say what this machine has, and the fix for what it lacks",
		Long:  "Looks at the machine, Go, the sandbox and the labs. Exits 0 only when everything that grading needs is there.",
		Args:  exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			findings := examine(cmd)
			var err error
			if asJSON {
				err = printJSON(cmd.OutOrStdout(), findings)
			} else {
				diagnose(cmd, findings)
			}
			for _, f := range findings {
				if !f.OK && f.Needed {
					return exitFailed
				}
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the findings as JSON")
	return cmd
}

func examine(cmd *cobra.Command) []finding {
	findings := []finding{{Part: "machine", Name: runtime.GOOS + "/" + runtime.GOARCH, OK: true, Needed: true,
		Detail: fmt.Sprintf("%s%s", plural(runtime.NumCPU(), "processor", "processors"), memory())}}
	f := finding{Part: "go", Name: "toolchain", Needed: true}
	if t, err := build.FindToolchain(cmd.Context()); err != nil {
		f.Detail, f.Fix = "not found", oneLine(err)
	} else {
		f.OK, f.Detail = true, t.Version+" in "+t.Root
	}
	findings = append(findings, f)
	for _, a := range sandbox.Describe() {
		findings = append(findings, finding{Part: "sandbox", Name: a.Name, OK: a.OK, Needed: a.Required, Detail: a.Detail, Fix: a.Fix})
	}
	f = finding{Part: "sandbox", Name: "boundary", Needed: true}
	if s, err := sandbox.Open(); err != nil {
		f.Detail, f.Fix = oneLine(err), "see above; --i-trust-these-students grades without"
	} else {
		f.OK, f.Detail = true, s.Name()
	}
	return append(append(findings, f), labs()...)
}

func labs() []finding {
	root, _, err := lab.FindRoot(".")
	if err != nil {
		return []finding{{Part: "labs", Name: "repository", Detail: "not here", Fix: oneLine(err)}}
	}
	var findings []finding
	all, broken := lab.All(root)
	for _, l := range all {
		f := finding{Part: "labs", Name: l.ID, OK: true, Detail: fmt.Sprintf("%s, %s, %s points", l.Title, plural(len(l.Tasks), "task", "tasks"), points(l.Points))}
		if _, err := l.Contract(); err != nil {
			f.OK, f.Detail, f.Fix = false, "cannot be read", oneLine(err)
		}
		findings = append(findings, f)
	}
	for name, err := range broken {
		findings = append(findings, finding{Part: "labs", Name: name, Detail: "lab.yaml is wrong", Fix: oneLine(err)})
	}
	if len(findings) == 0 {
		return []finding{{Part: "labs", Name: "labs/", Detail: "no labs", Fix: "run this in the course's repository"}}
	}
	state := grade.State(all0(all, root))
	if err := os.MkdirAll(state, 0o755); err != nil {
		findings = append(findings, finding{Part: "labs", Name: "state", Needed: true, Detail: shown(state), Fix: "make this folder writable: " + oneLine(err)})
	}
	return findings
}

// all0 is some lab of the repository.
func all0(labs []*lab.Lab, root string) *lab.Lab {
	if len(labs) > 0 {
		return labs[0]
	}
	return &lab.Lab{Root: root}
}

// memory is the machine's memory, where the system tells.
func memory() string {
	text, err := os.ReadFile(filepath.FromSlash("/proc/meminfo"))
	if err != nil {
		return ""
	}
	var total int64
	if _, err := fmt.Sscanf(string(text), "MemTotal: %d kB", &total); err != nil {
		return ""
	}
	return fmt.Sprintf(", %.1f GiB of memory", float64(total)/(1<<20))
}

func diagnose(cmd *cobra.Command, findings []finding) {
	t := newTable(cmd.OutOrStdout(), "", "part", "what", "found")
	var fixes []string
	for _, f := range findings {
		mark := "ok"
		switch {
		case !f.OK && f.Needed:
			mark = "MISSING"
		case !f.OK:
			mark = "-"
		}
		t.AppendRow([]any{mark, f.Part, f.Name, f.Detail})
		if !f.OK && f.Fix != "" {
			fixes = append(fixes, fmt.Sprintf("%s %s: %s", f.Part, f.Name, f.Fix))
		}
	}
	t.Render()
	if len(fixes) > 0 {
		fmt.Fprintf(cmd.OutOrStdout(), "Fix:\n  %s\n", strings.Join(fixes, "\n  "))
	}
}
