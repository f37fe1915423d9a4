package similarity

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"courselab/autograde/statistics"
)

// Submission is what is compared.
type Submission struct {
	Name    string
	Hash    string   // of the sources: it stands for them in keys
	Program *Program // may be nil for a key
}

// pairsShown is how many pairs a report lists that are not flagged; flagged ones up to pairsMost.
const (
	pairsShown = 10
	pairsMost  = 200
)

// Key identifies what a report of these is made of.
func (c Config) Key(class []Submission, released map[string]string) string {
	h := sha256.New()
	fmt.Fprintf(h, "3 %+v\n", c)
	for _, s := range class {
		fmt.Fprintf(h, "%q %s\n", s.Name, s.Hash)
	}
	for _, name := range slices.Sorted(maps.Keys(released)) {
		fmt.Fprintf(h, "%q %q\n", name, released[name])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Compare compares every two of the class; released is what all of them were given.
func Compare(c Config, class []Submission, released map[string]string) *Report {
	r := &Report{Key: c.Key(class, released), Flag: c.Flag, Pairs: []Pair{}, Groups: [][]string{}}
	all := c.own(class, released)
	// Who shares no fingerprint shares nothing: only the others are compared.
	holders := map[uint64][]int{}
	for i, s := range all {
		if s.size >= c.Gram {
			r.Programs++
		}
		if s.cut {
			r.Cut = append(r.Cut, s.name)
		}
		for h := range s.prints {
			holders[h] = append(holders[h], i)
		}
	}
	related := map[[2]int]bool{}
	for _, have := range holders {
		for i, a := range have {
			for _, b := range have[i+1:] {
				related[[2]int{a, b}] = true
			}
		}
	}
	var shares []float64
	for at := range related {
		p := compare(all[at[0]], all[at[1]], c)
		shares = append(shares, p.Share())
		if p.Flagged {
			r.Flagged++
		}
		r.Pairs = append(r.Pairs, p)
	}
	slices.SortFunc(r.Pairs, func(a, b Pair) int {
		flagged := 0
		if a.Flagged != b.Flagged {
			if flagged = 1; a.Flagged {
				flagged = -1
			}
		}
		return cmp.Or(flagged, cmp.Compare(b.ShareA+b.ShareB, a.ShareA+a.ShareB), cmp.Compare(b.Tokens, a.Tokens), cmp.Compare(a.A, b.A), cmp.Compare(a.B, b.B))
	})
	r.Groups = groups(r.Pairs[:r.Flagged])
	r.Pairs = r.Pairs[:min(len(r.Pairs), max(pairsShown, min(r.Flagged, pairsMost)))]
	r.Common = common(all)
	r.Median, r.P95 = usual(shares, r.Programs)
	return r
}

// own takes the submissions apart and marks what is their own.
func (c Config) own(class []Submission, released map[string]string) []*submission {
	given := map[uint64]bool{}
	text := map[string][]byte{}
	for name, t := range released {
		text[name] = []byte(t)
	}
	for _, d := range Read(text).declarations {
		for _, h := range grams(d, c.Gram) {
			given[h] = true
		}
	}
	all := make([]*submission, len(class))
	have := map[uint64]int{} // submissions
	for i, s := range class {
		all[i] = &submission{Program: s.Program, name: s.Name}
		seen := map[uint64]bool{}
		for _, d := range all[i].declarations {
			hashes := grams(d, c.Gram)
			all[i].hashes = append(all[i].hashes, hashes)
			for _, h := range hashes {
				if !seen[h] {
					seen[h] = true
					have[h]++
				}
			}
		}
	}
	everybody := max(len(class)/2, minEverybody)
	for _, s := range all {
		s.ownership(c, func(h uint64) bool { return given[h] }, func(h uint64) bool { return have[h] > everybody })
	}
	return all
}

// minEverybody is the class below which nothing is everybody's.
const minEverybody = 10

// groups joins those whose pairs hang together, if they are three or more.
func groups(pairs []Pair) [][]string {
	of := map[string]string{} // the first of the group
	var find func(name string) string
	find = func(name string) string {
		if of[name] == "" || of[name] == name {
			return name
		}
		of[name] = find(of[name])
		return of[name]
	}
	names := map[string]bool{}
	for _, p := range pairs {
		names[p.A], names[p.B] = true, true
		a, b := find(p.A), find(p.B)
		of[max(a, b)] = min(a, b)
	}
	members := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		members[find(name)] = append(members[find(name)], name)
	}
	all := [][]string{}
	for _, first := range slices.Sorted(maps.Keys(members)) {
		if len(members[first]) > 2 {
			all = append(all, members[first])
		}
	}
	return all
}

// common is the median share of what the submissions did not get that more than half of the class has.
func common(all []*submission) float64 {
	var shares []float64
	for _, s := range all {
		if s.wrote > 0 {
			shares = append(shares, 1-share(s.size, s.wrote))
		}
	}
	return statistics.Median(shares)
}

// usual is what half of all pairs of so many programs share at most, and 95 % of them. Pairs that are not in shares share nothing.
func usual(shares []float64, programs int) (median, p95 float64) {
	slices.Sort(shares)
	pairs := programs * (programs - 1) / 2
	at := func(quantile float64) float64 {
		i := int(quantile*float64(pairs)) - (pairs - len(shares))
		if i < 0 || len(shares) == 0 {
			return 0
		}
		return shares[min(i, len(shares)-1)]
	}
	return at(.5), at(.95)
}
