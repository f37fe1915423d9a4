package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"
)

// peers grade a class of their own, with one submission more for the warm-up: student 0.
type peers struct {
	bin, folder    string // commands; assignment and class
	students, jobs int
}

// call runs one of their commands in a folder.
func (p peers) call(ctx context.Context, dir, name string, args ...string) (cost, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(p.bin, name), args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PATH="+p.bin+string(filepath.ListSeparator)+os.Getenv("PATH")) // they call others by name
	return timed(cmd)
}

// nbgrader grades all in one run, one after the other: it has no other way.
func (p peers) nbgrader(ctx context.Context) (line, error) {
	fmt.Fprintf(os.Stderr, "nbgrader: %d submissions, one at a time, no sandbox\n", p.students)
	course := filepath.Join(p.folder, "nbgrader")
	for _, args := range [][]string{{"generate_assignment", "four"}, {"autograde", "four", "--student", student(0)}} {
		if _, err := p.call(ctx, course, "nbgrader", args...); err != nil {
			return line{}, err
		}
	}
	took, err := p.call(ctx, course, "nbgrader", "autograde", "four") // the one of the warm-up is kept
	if err != nil {
		return line{}, err
	}
	if _, err := p.call(ctx, course, "nbgrader", "export"); err != nil {
		return line{}, err
	}
	if err := expect(filepath.Join(course, "grades.csv"), "student_id", "score", p.students+1); err != nil {
		return line{}, fmt.Errorf("nbgrader: %w", err)
	}
	return line{"nbgrader", p.students, took, true}, nil
}

// otter grades each in a run of its own, several at a time.
func (p peers) otter(ctx context.Context) (line, error) {
	fmt.Fprintf(os.Stderr, "otter-grader: %d submissions, %d at a time, no sandbox\n", p.students, p.jobs)
	dir := filepath.Join(p.folder, "otter")
	if _, err := p.call(ctx, dir, "otter", "generate", "-t", "tests", "-o", "four.zip", "--no-environment"); err != nil {
		return line{}, err
	}
	costs, points := make([]cost, p.students+1), make([]float64, p.students+1)
	grade := func(ctx context.Context, i int) (err error) {
		out := "graded/" + student(i)
		if err := os.MkdirAll(filepath.Join(dir, out), 0o755); err != nil {
			return err
		}
		if costs[i], err = p.call(ctx, dir, "otter", "run", "-a", "four.zip", "-o", out, "submitted/"+student(i)+".ipynb"); err != nil {
			return err
		}
		points[i], err = total(filepath.Join(dir, out, "results.json"))
		return err
	}
	if err := grade(ctx, 0); err != nil {
		return line{}, err
	}
	start := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(p.jobs)
	for i := 1; i <= p.students; i++ {
		group.Go(func() error { return grade(ctx, i) })
	}
	if err := group.Wait(); err != nil {
		return line{}, err
	}
	took := cost{wall: time.Since(start)}
	named := map[string]float64{}
	for i, c := range costs {
		named[student(i)] = points[i]
		if i > 0 {
			took.cpu += c.cpu
		}
	}
	if err := right(named, p.students+1); err != nil {
		return line{}, fmt.Errorf("otter-grader: %w", err)
	}
	return line{"otter-grader", p.students, took, true}, nil
}

// total of the scores in a file of results in Gradescope's format.
func total(path string) (sum float64, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	var results struct {
		Tests []struct {
			Score float64 `json:"score"`
		} `json:"tests"`
	}
	if err := json.Unmarshal(text, &results); err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	for _, t := range results.Tests {
		sum += t.Score
	}
	return sum, nil
}
