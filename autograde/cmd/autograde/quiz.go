package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"courselab/autograde/quiz"
	"courselab/autograde/result"

	"github.com/spf13/cobra"
)

func quizCommand() *cobra.Command {
	var out string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "quiz QUIZ ANSWERS -o OUT",
		Short: "Mark a quiz and analyse how a class did",
		Long: "Marks a class's answers (CSV: a column student, one for each question) to a quiz (YAML) and writes into OUT scores.csv,\n" +
			"report.json and index.html: distribution, the most frequent errors, difficulty and discrimination of each question, who chose\n" +
			"what. Scoring rules, by quiz or question: all-or-nothing, per-option, penalised.",
		Example: "  autograde quiz labs/midterm.yaml answers.csv -o build/midterm",
		Args:    exactly("QUIZ", "ANSWERS"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if out == "" {
				return usage{errors.New("quiz needs a folder for the results: -o OUT")}
			}
			q, err := quiz.Load(args[0])
			if err != nil {
				return err
			}
			file, err := os.Open(args[1])
			if err != nil {
				return err
			}
			defer file.Close()
			answers, err := q.ReadAnswers(file)
			if err != nil {
				return fmt.Errorf("%s: %w", args[1], err)
			}
			marked := q.Mark(answers)
			report := quiz.Analyse(q, marked)
			if err := writeQuiz(out, q, marked, report); err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), report)
			}
			quizTable(cmd.OutOrStdout(), report, out)
			return nil
		},
	}
	cmd.Flags().StringVarP(&out, "output", "o", "", "folder for the results")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the report as JSON")
	return cmd
}

func writeQuiz(out string, q *quiz.Quiz, marked []quiz.Marked, report quiz.Report) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	err := result.Write(filepath.Join(out, "scores.csv"), func(w io.Writer) error { return quizScores(w, q, marked) })
	if err == nil {
		err = result.WriteJSON(filepath.Join(out, "report.json"), report)
	}
	if err == nil {
		err = result.Write(filepath.Join(out, "index.html"), func(w io.Writer) error { return quiz.WritePage(w, q, report) })
	}
	return err
}

// quizScores writes a row a student: student, score, max, the points of each question.
func quizScores(w io.Writer, q *quiz.Quiz, marked []quiz.Marked) error {
	rows := csv.NewWriter(w)
	header := []string{"student", "score", "max"}
	for _, question := range q.Questions {
		header = append(header, result.Cell(question.ID))
	}
	if err := rows.Write(header); err != nil {
		return err
	}
	for _, m := range marked {
		row := []string{result.Cell(m.Student), points(m.Score), points(q.Points())}
		for i, question := range q.Questions {
			row = append(row, points(m.Shares[i]*question.Points))
		}
		if err := rows.Write(row); err != nil {
			return err
		}
	}
	rows.Flush()
	return rows.Error()
}

func quizTable(w io.Writer, r quiz.Report, out string) {
	t := newTable(w, "question", "points", "answered", "difficulty", "discrimination", "best - worst 27 %")
	for _, item := range r.Questions {
		t.AppendRow([]any{item.ID, points(item.Points), item.Given, share(item.Difficulty), share(item.Discrimination), share(item.UpperLower)})
	}
	t.Render()
	missed := newTable(w, "most frequent errors", "choice", "", "students")
	for _, m := range r.Missed {
		what := "chosen, is wrong"
		if m.LeftOut {
			what = "left out, is right"
		} else if m.Choice == "" {
			what = "another number"
		}
		missed.AppendRow([]any{m.Question, m.Choice, what, m.Count})
	}
	missed.Render()
	printHistogram(w, r.Distribution)
	fmt.Fprintf(w, "%s: mean %.1f of %s, σ %.1f, median %.1f\n", plural(r.Students, "student", "students"), r.Mean, points(r.Max), r.Deviation, r.Median)
	fmt.Fprintf(w, "Next: open %s; the scores are in %s\n", shown(filepath.Join(out, "index.html")), shown(filepath.Join(out, "scores.csv")))
}
