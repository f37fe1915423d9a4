package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

const (
	labFolder = "autograde/testdata/labs/four"
	fullMarks = 16.0
	lessMarks = 12.0 // without perplexity
)

// student is the name of student i, the same in every class.
func student(i int) string { return fmt.Sprintf("s%03d", i) }

// ours grades a class with autograde, with its sandbox, and then the same class again.
func ours(ctx context.Context, o options, folder string) ([]line, error) {
	if _, err := os.Stat(labFolder); err != nil {
		return nil, fmt.Errorf("%w: run this at the top of the repository", err)
	}
	fmt.Fprintf(os.Stderr, "autograde: %d submissions, %d at a time, in the sandbox\n", o.class, o.jobs)
	class, out := filepath.Join(folder, "class"), filepath.Join(folder, "grades")
	if err := handIn(class, o.class); err != nil {
		return nil, err
	}
	program := filepath.Join(folder, "autograde")
	if _, err := timed(exec.CommandContext(ctx, "go", "build", "-o", program, "./autograde/cmd/autograde")); err != nil {
		return nil, err
	}
	warm := filepath.Join(folder, "warm")
	if err := handIn(warm, 1); err != nil {
		return nil, err
	}
	grade := func(class, out string) (cost, error) {
		return timed(exec.CommandContext(ctx, program, "grade", labFolder, class, "-o", out, "-j", strconv.Itoa(o.jobs)))
	}
	if _, err := grade(warm, filepath.Join(folder, "warm-grades")); err != nil {
		return nil, err
	}
	first, err := grade(class, out)
	if err != nil {
		return nil, err
	}
	if err := expect(filepath.Join(out, "grades.csv"), "student", "score", o.class); err != nil {
		return nil, fmt.Errorf("autograde: %w", err)
	}
	again, err := grade(class, out)
	if err != nil {
		return nil, err
	}
	return []line{{"autograde", o.class, first, true}, {"autograde, nothing changed", o.class, again, false}}, nil
}

// handIn makes a class whose last student's perplexity is wrong, if there are more than one. No two submissions are the same.
func handIn(class string, students int) error {
	text, err := os.ReadFile(filepath.Join(labFolder, "four.go"))
	if err != nil {
		return err
	}
	for i := range students {
		source := string(text) // the solution's marks are comments
		if i > 0 && i == students-1 {
			source = strings.Replace(source, "math.Exp(sum / float64(len(losses)))", "sum / float64(len(losses))", 1)
		}
		folder := filepath.Join(class, student(i))
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, "four.go"), []byte(source+"\n// "+student(i)+"\n"), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// expect reads the students' points from a CSV file: all points for all but the last.
func expect(path, name, score string, students int) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	points := map[string]float64{}
	column := map[string]int{}
	for i, row := range rows {
		if i == 0 {
			for c, title := range row {
				column[title] = c
			}
			continue
		}
		if points[row[column[name]]], err = strconv.ParseFloat(row[column[score]], 64); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return right(points, students)
}

// right is an error if the points of the class are not what they must be.
func right(points map[string]float64, students int) error {
	for i := range students {
		want := fullMarks
		if i == students-1 {
			want = lessMarks
		}
		if got, ok := points[student(i)]; !ok || got != want {
			return fmt.Errorf("%s has %g points, want %g: a time for wrong grades means nothing", student(i), got, want)
		}
	}
	return nil
}
