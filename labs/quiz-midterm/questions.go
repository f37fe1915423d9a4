package main

import (
	"fmt"

	"courselab/autograde/quiz"
	"courselab/coursekit/debrief"
)

// points of the questions, by number: 100 in all. They are ours; those of the midterm are not known. They differ so that scores per option come
// as finely as the tenths of the debrief's slide.
var points = map[int]float64{25: 10, 22: 15, 7: 12, 10: 13, 18: 12, 27: 14, 23: 11, 13: 13}

// midterm returns the eight questions of the debrief as a quiz.
func midterm() *quiz.Quiz {
	q := &quiz.Quiz{ID: "midterm", Title: "Midterm: the questions of the debrief", Scoring: quiz.PerOption, Show: "go run ./labs/quiz-midterm show"}
	for _, question := range debrief.Questions() {
		asked := quiz.Question{ID: fmt.Sprintf("q%d", question.Number), Kind: quiz.Select, Scoring: quiz.PerOption, Points: points[question.Number], Text: question.Text,
			Note: "Lost with the slides' formatting: " + question.Lost + "."}
		for _, c := range question.Choices {
			asked.Choices = append(asked.Choices, quiz.Choice{ID: c.Letter, Text: c.Text, Correct: c.Verdict == debrief.Right, Reason: c.Reason,
				Key: map[debrief.Known]quiz.Key{debrief.Stated: quiz.Stated, debrief.Derived: quiz.Derived}[c.Known], Support: c.Support, Doubt: c.Doubt,
				Show: fmt.Sprintf("%d%s", question.Number, c.Letter)})
		}
		q.Questions = append(q.Questions, asked)
	}
	return q
}
