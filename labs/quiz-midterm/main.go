// Quiz-midterm writes the quiz of the lecture's midterm debrief, and the answers of a simulated class, and runs the demonstrations
// of its choices.
//
//	go run ./labs/quiz-midterm write -o labs/quiz-midterm
//	go run ./labs/quiz-midterm show 22B
//
// The questions are those of coursekit/debrief; quiz.yaml holds them as autograde quiz reads them, and is written, not edited.
package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"

	"courselab/autograde/quiz"
	"courselab/autograde/result"
	"courselab/coursekit/backend"
	"courselab/coursekit/debrief"
)

func main() {
	if err := command().Execute(); err != nil {
		os.Exit(1)
	}
}

func command() *cobra.Command {
	root := &cobra.Command{Use: "quiz-midterm", Short: "The midterm's questions as a quiz, a simulated class, the demonstrations", SilenceUsage: true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true}}
	root.AddCommand(writeCommand(), showCommand())
	return root
}

func writeCommand() *cobra.Command {
	var out string
	var seed int64
	var students int
	cmd := &cobra.Command{Use: "write -o FOLDER", Short: "Write quiz.yaml and answers.csv", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		if err := write(out, seed, students); err != nil {
			return err
		}
		fmt.Fprintf(cmd.OutOrStdout(), "Next: autograde quiz %s %s -o build/quiz-midterm\n", filepath.Join(out, "quiz.yaml"), filepath.Join(out, "answers.csv"))
		return nil
	}}
	cmd.Flags().StringVarP(&out, "output", "o", "build/quiz-midterm", "folder for both files")
	cmd.Flags().Int64Var(&seed, "seed", 1, "of the simulated class")
	cmd.Flags().IntVar(&students, "students", debrief.ClassSize, "in the simulated class")
	return cmd
}

// header says where quiz.yaml comes from.
const header = "# The midterm's questions, told in our own words. Written by: go run ./labs/quiz-midterm write -o labs/quiz-midterm\n" +
	"# key says whether the lecture states the verdict or it was derived; show names a demonstration: go run ./labs/quiz-midterm show 25A\n"

func write(out string, seed int64, students int) error {
	q := midterm()
	class, err := simulated(q, seed, students)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	err = result.Write(filepath.Join(out, "quiz.yaml"), func(w io.Writer) error { return writeQuiz(w, q) })
	if err != nil {
		return err
	}
	return result.Write(filepath.Join(out, "answers.csv"), func(w io.Writer) error { return writeAnswers(w, q, class) })
}

func writeQuiz(w io.Writer, q *quiz.Quiz) error {
	var b bytes.Buffer
	b.WriteString(header)
	if err := yaml.NewEncoder(&b, yaml.UseSingleQuote(false)).Encode(q); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

func showCommand() *cobra.Command {
	var seed int64
	cmd := &cobra.Command{Use: "show CHOICE", Short: "Compute what shows the verdict of a choice, such as 22B", Args: cobra.ExactArgs(1), RunE: func(cmd *cobra.Command, args []string) error {
		return show(cmd.OutOrStdout(), args[0], seed)
	}}
	cmd.Flags().Int64Var(&seed, "seed", 1, "of all that is drawn")
	return cmd
}

func show(w io.Writer, name string, seed int64) error {
	question, choice, err := debrief.Find(name)
	if err != nil {
		return err
	}
	b, _, err := backend.OpenNamed(backend.Go)
	if err != nil {
		return err
	}
	defer b.Finalize()
	d, err := choice.Demonstrate(b, seed)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%s\n%s. %s\n\nIt is %s (%s). %s\n\n", question.Text, choice.Letter, choice.Text, choice.Verdict, choice.Known, choice.Reason)
	fmt.Fprintf(w, "Computed: %s: %s. Against it, %s: %s.\n%s\n", d.Claim, met(d.Met), d.Contrast, met(d.ContrastMet), d.Text)
	for _, n := range d.Numbers {
		fmt.Fprintf(w, "  %-60s %.4g %s\n", n.Name, n.Value, n.Unit)
	}
	if !d.Holds {
		return fmt.Errorf("the computation does not support the verdict of %s with seed %d", name, seed)
	}
	return nil
}

func met(is bool) string {
	if is {
		return "so it is"
	}
	return "it is not so"
}
