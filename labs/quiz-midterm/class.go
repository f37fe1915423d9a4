package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strings"

	"courselab/autograde/quiz"
	"courselab/autograde/statistics"
	"courselab/coursekit/debrief"
	"courselab/coursekit/worked"
)

// Constants of the generator.
const (
	spread  = 1.2 // of the logarithm of how tempting a mistake is
	near    = 0.4 // points
	classes = 100 // that are drawn, until one has the three numbers
)

// mistake is a choice that could be judged wrongly, and what that costs by the rule per-option.
type mistake struct {
	question, choice int
	lost, tempting   float64
}

// simulated returns the answers of a class to the midterm, scored per option, with mean 86.5, deviation 7.2 and median 88.8 of 100 points
// to one decimal, as on the debrief's slide:
//
//  1. A student's score s is one of [debrief.Class], which has these three numbers.
//  2. Each of the 39 choices is tempting to judge wrongly by a weight exp(1.2·z), z standard normal, the same for the whole class.
//  3. The student makes mistakes, drawn by these weights, each at most once, until they cost as much as 100 - s, to 0.4 points. (A mistake
//     costs 2 to 3 points, by question.) Draws that cost more are drawn again, and those that leave a question empty.
//  4. A class whose three numbers this has moved is drawn again.
//
// What such a class says of single choices (which mistakes are frequent, which questions discriminate) is the draw's, not that of any
// real class: only the three numbers are known.
func simulated(q *quiz.Quiz, seed int64, students int) ([]quiz.Answers, error) {
	scores, err := debrief.Class(seed, students)
	if err != nil {
		return nil, err
	}
	r := rand.New(rand.NewPCG(uint64(seed), uint64(students)))
	var all []mistake
	for i, question := range q.Questions {
		for k := range question.Choices {
			all = append(all, mistake{i, k, question.Points / float64(len(question.Choices)), math.Exp(spread * r.NormFloat64())})
		}
	}
	r.Shuffle(len(scores), func(i, j int) { scores[i], scores[j] = scores[j], scores[i] })
	class := make([]quiz.Answers, students)
	for range classes {
		for i, score := range scores {
			class[i] = student(q, r, all, q.Points()-score)
			class[i].Student = fmt.Sprintf("s%03d", i+1)
		}
		if isMidterm(quiz.Analyse(q, q.Mark(class)).Distribution) {
			return class, nil
		}
	}
	return nil, fmt.Errorf("none of %d classes of %d students with seed %d has the slide's numbers: take another seed", classes, students, seed)
}

// isMidterm says whether the three numbers are the slide's when written with one decimal.
func isMidterm(d statistics.Distribution) bool {
	same := func(a, b float64) bool { return fmt.Sprintf("%.1f", a) == fmt.Sprintf("%.1f", b) }
	return same(d.Mean, worked.Midterm.Mean) && same(d.Deviation, worked.Midterm.Deviation) && same(d.Median, worked.Midterm.Median)
}

// student draws answers until they cost so many points.
func student(q *quiz.Quiz, r *rand.Rand, all []mistake, cost float64) quiz.Answers {
	for {
		if a, lost := answers(q, r, all, cost); lost <= cost+near {
			return a
		}
	}
}

// answers draws mistakes until they cost as much, and returns what a student who makes them answers, and what they cost.
func answers(q *quiz.Quiz, r *rand.Rand, all []mistake, cost float64) (a quiz.Answers, lost float64) {
	wrong := map[[2]int]bool{}
	for lost < cost-near {
		total := 0.0
		for _, m := range all {
			if !wrong[[2]int{m.question, m.choice}] {
				total += m.tempting
			}
		}
		at := r.Float64() * total
		for _, m := range all {
			if key := [2]int{m.question, m.choice}; !wrong[key] {
				if at -= m.tempting; at <= 0 {
					wrong[key] = true
					lost += m.lost
					break
				}
			}
		}
	}
	a.Answer = map[string]quiz.Answer{}
	for i, question := range q.Questions {
		chosen := map[string]bool{}
		for k, c := range question.Choices {
			if c.Correct != wrong[[2]int{i, k}] {
				chosen[c.ID] = true
			}
		}
		if len(chosen) == 0 {
			return a, math.Inf(1)
		}
		a.Answer[question.ID] = quiz.Answer{Given: true, Chosen: chosen}
	}
	return a, lost
}

// writeAnswers writes answers as quiz.Quiz.ReadAnswers reads them.
func writeAnswers(w io.Writer, q *quiz.Quiz, class []quiz.Answers) error {
	rows := csv.NewWriter(w)
	header := []string{"student"}
	for _, question := range q.Questions {
		header = append(header, question.ID)
	}
	if err := rows.Write(header); err != nil {
		return err
	}
	for _, a := range class {
		row := []string{a.Student}
		for _, question := range q.Questions {
			var letters []string
			for _, c := range question.Choices {
				if a.Answer[question.ID].Chosen[c.ID] {
					letters = append(letters, c.ID)
				}
			}
			row = append(row, strings.Join(letters, " "))
		}
		if err := rows.Write(row); err != nil {
			return err
		}
	}
	rows.Flush()
	return rows.Error()
}
