package main

import (
	"cmp"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"
)

//go:embed site.py
var siteRenderer string

// siteFiles are the pages' templates and their style sheet.
//
//go:embed site
var siteFiles embed.FS

func siteCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "site",
		Short: "Render the executed notebooks as a website without scripts, into build/site, and check its links",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return inPlace(func(p place) error { return p.site(cmd.Context(), cmd.ErrOrStderr()) })
		},
	}
}

// siteJob is what the renderer is asked to do.
type siteJob struct {
	Notebooks []string `json:"notebooks"` // in order
	Target    string   `json:"target"`
	Templates string   `json:"templates"`
}

// firstPage is 1 for the page that readers begin with, else 0.
func firstPage(path string) int {
	if filepath.Base(path) == "00-start.ipynb" {
		return 1
	}
	return 0
}

// site renders all notebooks as they were executed last. The old site stays until the new one is whole and its links are checked.
func (p place) site(ctx context.Context, progress io.Writer) error {
	books, err := filepath.Glob(p.notebooks("*.ipynb"))
	if err != nil {
		return err
	}
	if len(books) == 0 {
		return errors.New("notebooks/ holds no executed notebook; run `make notebooks`")
	}
	slices.SortStableFunc(books, func(x, y string) int { return cmp.Compare(firstPage(y), firstPage(x)) })
	target := p.built("site")
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp(filepath.Dir(target), "site-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	templates, pages := filepath.Join(work, "templates"), filepath.Join(work, "pages")
	if err := os.CopyFS(templates, siteFiles); err != nil {
		return err
	}
	if err := os.Mkdir(pages, 0o755); err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(templates, "site", "courselab.css"), filepath.Join(pages, "courselab.css")); err != nil {
		return err
	}
	asked, err := json.Marshal(siteJob{Notebooks: books, Target: pages, Templates: filepath.Join(templates, "site")})
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, p.venv("python"), "-c", siteRenderer, string(asked))
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("the notebooks could not be rendered: %w\n%s", err, text)
	}
	faults, count, err := checkSite(os.DirFS(pages))
	if err != nil {
		return err
	}
	for _, fault := range faults {
		fmt.Fprintln(progress, fault)
	}
	if len(faults) > 0 {
		return fmt.Errorf("the site has %d faults; correct notebooks/src or the templates, then run `make site`", len(faults))
	}
	if err := os.RemoveAll(target); err != nil {
		return err
	}
	if err := os.Rename(pages, target); err != nil {
		return err
	}
	fmt.Fprintf(progress, "%d pages, %d links within the site checked: %s\n", count.pages, count.links, p.relative(filepath.Join(target, "index.html")))
	return nil
}
