package grade

import (
	"fmt"

	"courselab/autograde/intake"
	"courselab/autograde/lab"
	"courselab/autograde/notebook"
	"courselab/autograde/release"
	"courselab/autograde/result"
	"courselab/autograde/similarity"
)

// Similar compares the submissions of a class with each other, what the lab gives subtracted. What cannot be read, or is not what the lab
// asks for, is left out. Nothing is compiled or run, and no sandbox is needed.
func Similar(l *lab.Lab, contract *lab.Contract, submissions []intake.Submission, limits intake.Limits) *similarity.Report {
	return similar(l, contract, submissions, limits, nil)
}

// similar is Similar; graded are the hashes of what was graded, or nil. Whoever exchanges the work between grading and this is named.
func similar(l *lab.Lab, contract *lab.Contract, submissions []intake.Submission, limits intake.Limits, graded []string) *similarity.Report {
	var class []similarity.Submission
	var exchanged []string
	made := map[string]*notebook.Package{}
	for i, s := range submissions {
		entry := similarity.Submission{Name: s.Name, Program: &similarity.Program{}}
		files, err := s.Read(limits)
		if graded != nil && graded[i] != "" && (err != nil || files.Hash != graded[i]) {
			exchanged = append(exchanged, s.Name)
		}
		if err == nil {
			entry.Hash = files.Hash
			if w, err := takeWork(contract.Notebook, files); err == nil {
				entry.Program = similarity.Read(w.sources)
				made[s.Name] = w.made
			}
		}
		class = append(class, entry)
	}
	report := similarity.Compare(similarity.DefaultConfig(), class, given(l))
	report.Cut = append(report.Cut, exchanged...)
	for _, p := range report.Pairs {
		for i := range p.Passages {
			inCells(made[p.A], &p.Passages[i].A)
			inCells(made[p.B], &p.Passages[i].B)
		}
	}
	return report
}

// inCells says of lines that were made of a notebook in which cells they are.
func inCells(made *notebook.Package, lines *similarity.Lines) {
	if made == nil {
		return
	}
	from, first, ok := made.Find(lines.From)
	to, last, found := made.Find(lines.To)
	if !ok || !found {
		return
	}
	if lines.File, lines.From, lines.To = from, first, last; from != to {
		lines.File = fmt.Sprintf("%s to %s", from, to)
	}
}

// given is what students were given: nothing, if the lab marks no solutions.
func given(l *lab.Lab) map[string]string {
	sources, err := release.WithHoles(l)
	if err != nil {
		return nil
	}
	return sources
}

// similarity compares the class, or takes over what the last run found in the same submissions. Whatever may go wrong with it, the grades
// are written: then there is no report.
func (b *Batch) similarity(submissions []intake.Submission, outcomes []outcome, last *result.Class) (report *similarity.Report) {
	defer func() {
		if v := recover(); v != nil {
			report = nil
		}
	}()
	class, graded := make([]similarity.Submission, len(submissions)), make([]string, len(submissions))
	for i, o := range outcomes {
		class[i], graded[i] = similarity.Submission{Name: submissions[i].Name, Hash: o.hash}, o.hash
	}
	if last != nil && last.Similarity != nil && last.Similarity.Key == similarity.DefaultConfig().Key(class, given(b.Engine.Lab)) {
		return last.Similarity
	}
	return similar(b.Engine.Lab, b.Engine.Contract, submissions, b.Engine.options.Limits, graded)
}
