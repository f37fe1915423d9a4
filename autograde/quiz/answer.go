package quiz

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Answer is a student's answer to a question.
type Answer struct {
	Given  bool            // false: the question was left empty
	Chosen map[string]bool // of Select and Single: the choices' ids
	Number float64         // of Numeric; NaN if what was written is no number
}

// Answers are a student's, by the id of the question.
type Answers struct {
	Student string
	Answer  map[string]Answer
}

// ReadAnswers reads a CSV of answers. Every question must have a column; others than student and the questions are an error. Errors
// name line and column.
func (q *Quiz) ReadAnswers(r io.Reader) ([]Answers, error) {
	text := bufio.NewReader(r)
	rows := csv.NewReader(text)
	rows.Comma = separator(text)
	rows.TrimLeadingSpace = true
	header, err := rows.Read()
	if err != nil {
		return nil, fmt.Errorf("answers: a first line with the columns student and the questions is missing: %w", err)
	}
	for i, name := range header {
		header[i] = strings.TrimSpace(strings.TrimPrefix(name, "\ufeff"))
	}
	questions := map[string]Question{}
	for _, question := range q.Questions {
		questions[question.ID] = question
		if !slices.Contains(header, question.ID) {
			return nil, fmt.Errorf("answers: there is no column for question %s", question.ID)
		}
	}
	if !slices.Contains(header, "student") {
		return nil, errors.New("answers: there is no column student")
	}
	for i, name := range header {
		if _, known := questions[name]; !known && name != "student" {
			return nil, fmt.Errorf("answers: the column %q is no question of quiz %s", name, q.ID)
		}
		if slices.Contains(header[:i], name) {
			return nil, fmt.Errorf("answers: there are two columns %q", name)
		}
	}
	var all []Answers
	seen := map[string]bool{}
	for {
		row, err := rows.Read()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("answers: %w", err)
		}
		line, _ := rows.FieldPos(0)
		a := Answers{Answer: map[string]Answer{}}
		for i, text := range row {
			text = strings.TrimSpace(text)
			if header[i] == "student" {
				a.Student = text
				continue
			}
			answer, err := questions[header[i]].read(text)
			if err != nil {
				return nil, fmt.Errorf("answers: line %d, question %s: %w", line, header[i], err)
			}
			a.Answer[header[i]] = answer
		}
		if a.Student == "" || seen[a.Student] {
			return nil, fmt.Errorf("answers: line %d: the student %q is missing or was there before", line, a.Student)
		}
		seen[a.Student] = true
		all = append(all, a)
	}
}

// separator is a semicolon where the first line has some and no comma, as spreadsheets write in countries that put a comma into numbers.
func separator(r *bufio.Reader) rune {
	start, _ := r.Peek(r.Size()) // what there is
	line, _, _ := bytes.Cut(start, []byte("\n"))
	if bytes.ContainsRune(line, ';') && !bytes.ContainsRune(line, ',') {
		return ';'
	}
	return ','
}

// read reads one cell.
func (q Question) read(text string) (Answer, error) {
	if text == "" {
		return Answer{}, nil
	}
	if q.Kind == Numeric {
		// A student may write anything; it is an answer, and wrong.
		number, err := strconv.ParseFloat(strings.ReplaceAll(text, ",", "."), 64)
		if err != nil {
			number = math.NaN()
		}
		return Answer{Given: true, Number: number}, nil
	}
	a := Answer{Given: true, Chosen: map[string]bool{}}
	for _, letter := range strings.ToUpper(text) {
		id := string(letter)
		switch {
		case strings.ContainsRune(" ,;|/+\t", letter):
		case !slices.ContainsFunc(q.Choices, func(c Choice) bool { return c.ID == id }):
			return a, fmt.Errorf("%q has the choice %q, which there is not", text, id)
		case a.Chosen[id]:
			return a, fmt.Errorf("%q has the choice %s twice", text, id)
		default:
			a.Chosen[id] = true
		}
	}
	if len(a.Chosen) == 0 || q.Kind == Single && len(a.Chosen) != 1 {
		return a, fmt.Errorf("%q is not %s", text, map[Kind]string{Single: "one choice", Select: "a list of choices"}[q.Kind])
	}
	return a, nil
}
