package quiz

import "math"

// Marked is a student's result.
type Marked struct {
	Answers
	Shares []float64 // of each question's points, in [0, 1], in the order of the quiz
	Score  float64
}

// Mark scores the answers of every student.
func (q *Quiz) Mark(all []Answers) []Marked {
	marked := make([]Marked, len(all))
	for i, answers := range all {
		m := Marked{Answers: answers}
		for _, question := range q.Questions {
			share := question.Share(answers.Answer[question.ID])
			m.Shares = append(m.Shares, share)
			m.Score += share * question.Points
		}
		marked[i] = m
	}
	return marked
}

// Share is the share of the question's points that an answer gets, in [0, 1]; no answer gets 0.
func (q Question) Share(a Answer) float64 {
	if !a.Given {
		return 0
	}
	if q.Kind == Numeric {
		if math.Abs(a.Number-*q.Answer) <= q.Tolerance { // false for NaN
			return 1
		}
		return 0
	}
	right, judged, net := 0, 0, 0
	for _, c := range q.Choices {
		chosen := a.Chosen[c.ID]
		if c.Correct {
			right++
		}
		if chosen == c.Correct {
			judged++
		}
		switch {
		case chosen && c.Correct:
			net++
		case chosen:
			net--
		}
	}
	switch {
	case q.Kind == Select && q.Scoring == PerOption:
		return float64(judged) / float64(len(q.Choices))
	case q.Kind == Select && q.Scoring == Penalised:
		return math.Max(0, float64(net)/float64(right))
	case judged == len(q.Choices):
		return 1
	}
	return 0
}
