// Package quiz marks quizzes and analyses how a class did: questions from YAML, answers from CSV, scores by named rules.
//
//	q, err := quiz.Load("labs/quiz-midterm/quiz.yaml")
//	answers, err := q.ReadAnswers(csvFile)
//	marked := q.Mark(answers)
//	report := quiz.Analyse(q, marked)
//
// # A question
//
//   - id: dropout
//     kind: select              # any number of choices; or single, or numeric
//     points: 4
//     scoring: per-option       # see Rule; the quiz can name one for all its questions
//     text: Which of these keep the mean of x?
//     choices:
//   - {id: A, text: ..., correct: true, reason: ..., key: stated}
//   - {id: B, text: ..., correct: false, reason: ..., key: derived}
//   - id: score
//     kind: numeric
//     answer: 112
//     tolerance: 0.5            # |given - answer| ≤ tolerance
//     reason: ...
//
// A choice can have more for staff, which the report's page shows: support, what the course's material says that bears on the key; doubt, how
// it could be disputed; show, the name of a demonstration, which follows the quiz's command show.
//
// # Answers
//
// CSV, separated by commas or semicolons, with a column student and one for each question: the letters of the choices, in any order, apart or together ("A C", "AC",
// "a;c"), or a number. An empty cell is no answer and gets no points by any rule; a choice left out of an answer counts as "no".
// What cannot be read, a letter that there is not or two for a single choice, is an error that names line and column, and nothing is
// marked: a slip in the file must not cost a student points.
package quiz
