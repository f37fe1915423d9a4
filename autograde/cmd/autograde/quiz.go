package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"courselab/autograde/quiz"
	"courselab/autograde/result"

	"github.com/spf13/cobra"
)

func quizCommand() *cobra.Command {
	var out, scoring string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "quiz QUIZ ANSWERS -o OUT",
		Short: "Mark a quiz and analyse how a class did",
		Long: "Marks a class's answers (CSV: a column student, one for each question) to a quiz (YAML) and writes into OUT scores.csv,\n" +
			"report.json and index.html: distribution, the most frequent errors, difficulty and discrimination of each question, who chose\n" +
			"what, the scores. Scoring rules of questions with any number of right choices, named by the quiz, a question or --scoring:\n\n" +
			"  all-or-nothing  all points for exactly the right choices, else none\n" +
			"  per-option      each choice its share of the points, if it was chosen and is right, or left out and is wrong\n" +
			"  penalised       1/r for each of the r right choices that was chosen, as much off for each wrong one, never less than 0\n\n" +
			"labs/quiz-midterm holds the questions of the lecture's debrief, and a simulated class.",
		Example: "  autograde quiz labs/quiz-midterm/quiz.yaml labs/quiz-midterm/answers.csv -o build/quiz-midterm",
		Args:    exactly("QUIZ", "ANSWERS"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if out == "" {
				return usage{errors.New("quiz needs a folder for the results: -o OUT")}
			}
			q, err := quiz.Load(args[0])
			if err != nil {
				return err
			}
			if scoring != "" {
				if err := q.ScoreBy(quiz.Rule(scoring)); err != nil {
					return usage{err}
				}
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
			quizTable(cmd.OutOrStdout(), q, report, out)
			return nil
		},
	}
	cmd.Flags().StringVarP(&out, "output", "o", "", "folder for the results")
	cmd.Flags().StringVar(&scoring, "scoring", "", "score by this rule, whatever the quiz says")
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

func quizTable(w io.Writer, q *quiz.Quiz, r quiz.Report, out string) {
	t := newTable(w, "question", "scored", "points", "answered", "difficulty", "discrimination", "best - worst 27 %", "chosen (* is right)")
	for _, item := range r.Questions {
		rule := string(item.Rule)
		if rule == "" {
			rule = "right or wrong"
		}
		discrimination, upperLower := told(item.Item, r.Students)
		t.AppendRow([]any{item.ID, rule, points(item.Points), item.Given, share(item.Difficulty), discrimination, upperLower, chosen(item)})
	}
	t.Render()
	missed := newTable(w, "most frequent errors", "choice", "", "students", "the choice says")
	for _, m := range r.Missed {
		what := "chosen, is wrong"
		if m.LeftOut {
			what = "left out, is right"
		} else if m.Choice == "" {
			what = "another number"
		}
		missed.AppendRow([]any{m.Question, m.Choice, what, m.Count, oneLineOf(q.ChoiceText(m.Question, m.Choice), 60)})
	}
	missed.Render()
	printHistogram(w, r.Distribution)
	fmt.Fprintf(w, "%s: mean %.1f of %s, σ %.1f, median %.1f\n", plural(r.Students, "student", "students"), r.Mean, points(r.Max), r.Deviation, r.Median)
	fmt.Fprintf(w, "Next: open %s, which counts who chose what; the scores are in %s\n", shown(filepath.Join(out, "index.html")), shown(filepath.Join(out, "scores.csv")))
}

// chosen says how many chose each choice.
func chosen(item quiz.QuestionItem) string {
	counts := make([]string, len(item.Choices))
	for i, c := range item.Choices {
		mark := ""
		if c.Correct {
			mark = "*"
		}
		counts[i] = fmt.Sprintf("%s%s %d", c.ID, mark, c.Chosen)
	}
	return strings.Join(counts, "  ")
}
