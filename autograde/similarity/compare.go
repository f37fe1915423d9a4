package similarity

import (
	"cmp"
	"math"
	"slices"
)

// submission is a program with its fingerprints.
type submission struct {
	*Program
	name   string
	hashes [][]uint64        // by declaration, of the run of tokens that begins there
	own    [][]bool          // by declaration and token: it is neither released nor everybody's
	size   int               // tokens of its own
	wrote  int               // tokens that were not given: its own, and everybody's
	prints map[uint64][]spot // fingerprints of its own
}

// maxSpots is how many places of a fingerprint are kept: somebody may hand in the same line ten thousand times.
const maxSpots = 8

// ownership marks what is the submission's own and keeps the fingerprints of that.
func (s *submission) ownership(c Config, given, everybodys func(hash uint64) bool) {
	s.prints = map[uint64][]spot{}
	for d, hashes := range s.hashes {
		own := make([]bool, len(s.declarations[d]))
		for t := range own {
			own[t] = len(hashes) > 0 // what is shorter cannot be compared
		}
		ranked := slices.Clone(hashes)
		leaveOut := func(foreign func(hash uint64) bool) {
			for t, h := range hashes {
				if foreign(h) {
					clear(own[t : t+c.Gram])
					ranked[t] = math.MaxUint64 // chosen only where there is nothing else
				}
			}
		}
		leaveOut(given)
		s.wrote += count(own)
		leaveOut(everybodys)
		for _, t := range winnow(ranked, c.Window) {
			if h := ranked[t]; h != math.MaxUint64 && len(s.prints[h]) < maxSpots {
				s.prints[h] = append(s.prints[h], spot{d, t})
			}
		}
		s.own = append(s.own, own)
		s.size += count(own)
	}
}

func count(marks []bool) (n int) {
	for _, m := range marks {
		if m {
			n++
		}
	}
	return n
}

// match is a run of equal tokens.
type match struct {
	a, b spot
	n    int
}

// compare finds what two submissions share: it extends shared fingerprints and takes the longest runs first, each token once.
func compare(a, b *submission, c Config) Pair {
	var matches []match
	known := map[[3]int][]match{} // by declarations and distance
	for h, spots := range a.prints {
		for _, x := range spots {
			for _, y := range b.prints[h] {
				at := [3]int{x.declaration, y.declaration, x.token - y.token}
				if slices.ContainsFunc(known[at], func(m match) bool { return m.a.token <= x.token && x.token < m.a.token+m.n }) {
					continue // the same run
				}
				m := extend(a.Program, b.Program, x, y)
				known[at], matches = append(known[at], m), append(matches, m)
			}
		}
	}
	slices.SortFunc(matches, func(x, y match) int {
		return cmp.Or(y.n-x.n, x.a.declaration-y.a.declaration, x.a.token-y.a.token, x.b.declaration-y.b.declaration, x.b.token-y.b.token)
	})
	takenA, takenB := a.unmarked(), b.unmarked()
	p := Pair{A: a.name, B: b.name}
	inB := 0
	for _, m := range matches {
		markA, markB := takenA[m.a.declaration], takenB[m.b.declaration]
		// Of a run, the first part that nothing longer has taken.
		for m.n > 0 && (markA[m.a.token] || markB[m.b.token]) {
			m.a.token, m.b.token, m.n = m.a.token+1, m.b.token+1, m.n-1
		}
		n := 0
		for n < m.n && !markA[m.a.token+n] && !markB[m.b.token+n] {
			n++
		}
		if n < c.Gram {
			continue
		}
		for i := range n {
			markA[m.a.token+i], markB[m.b.token+i] = true, true
		}
		ofA, ofB := count(a.own[m.a.declaration][m.a.token:m.a.token+n]), count(b.own[m.b.declaration][m.b.token:m.b.token+n])
		p.Tokens, inB = p.Tokens+ofA, inB+ofB
		p.Passages = append(p.Passages, Passage{n, a.lines(m.a, n), b.lines(m.b, n)})
	}
	p.ShareA, p.ShareB = share(p.Tokens, a.size), share(inB, b.size)
	p.Flagged = p.Share() >= c.Flag && min(p.Tokens, inB) >= c.Least
	return p
}

func share(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

// unmarked has a mark for each token.
func (s *submission) unmarked() [][]bool {
	marks := make([][]bool, len(s.declarations))
	for i, d := range s.declarations {
		marks[i] = make([]bool, len(d))
	}
	return marks
}

// extend goes from a place where both are the same to both sides, as far as they are.
func extend(a, b *Program, x, y spot) match {
	da, db := a.declarations[x.declaration], b.declarations[y.declaration]
	for x.token > 0 && y.token > 0 && da[x.token-1].kind == db[y.token-1].kind {
		x.token, y.token = x.token-1, y.token-1
	}
	n := 0
	for x.token+n < len(da) && y.token+n < len(db) && da[x.token+n].kind == db[y.token+n].kind {
		n++
	}
	return match{x, y, n}
}

// lines are those of n tokens.
func (p *Program) lines(at spot, n int) Lines {
	d := p.declarations[at.declaration]
	return Lines{p.files[d[at.token].file], int(d[at.token].line), int(d[at.token+n-1].line)}
}
