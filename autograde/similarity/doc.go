// Package similarity finds submissions that share more than the task explains, and says where.
//
// Submissions are compared as Go tokens ([Read]): names and values are all alike, comments, layout, imports and the order of
// declarations and files do not count. Runs of Gram tokens are hashed, of each Window of hashes one is kept as a fingerprint (winnowing:
// Schleimer, Wilkerson and Aiken 2003, "Winnowing: local algorithms for document fingerprinting", the method of MOSS), and passages
// around fingerprints that two submissions share are extended as far as they are the same. Two things are nobody's own and are left
// out: what was released with the lab, and what more than half of the class has.
//
// A share says where to look, and no more: two students who follow the same hint write the same lines. How often independent answers
// are flagged, and how much of a disguised copy is found, the tests measure and print.
package similarity

// Config says what is compared, and what is worth a look.
type Config struct {
	Gram   int // tokens that are hashed together, k: a shorter passage is never found
	Window int // hashes of which one is kept, w: a passage of k+w-1 tokens is always found
	// Flag is the share from which on a pair is worth a look, Least the number of the tokens that it must share: in a short answer
	// there are few ways to be right.
	Flag  float64
	Least int
}

// DefaultConfig is for labs whose answers have a few dozen lines or more. A line of Go has about seven tokens.
func DefaultConfig() Config { return Config{Gram: 15, Window: 5, Flag: .5, Least: 100} }

// Report is what a class has in common.
type Report struct {
	// Key identifies what was compared, and how: the same key, the same report.
	Key      string     `json:"key"`
	Programs int        `json:"programs"` // submissions with enough of their own to be compared
	Flag     float64    `json:"flag"`
	Flagged  int        `json:"flagged"` // pairs that are worth a look
	Pairs    []Pair     `json:"pairs"`   // flagged ones first, by the sum of both shares; some others
	Groups   [][]string `json:"groups"`  // three or more whose flagged pairs hang together
	// Cut are submissions of which not all was compared that was graded: they are too long, or were exchanged meanwhile. Somebody must look.
	Cut []string `json:"cut,omitempty"`
	// Common is the part of a submission, without what was given, that more than half of the class has too, and that does not count: the
	// median of the submissions. If it is large, the task leaves little choice, or more than half of the class have copied.
	Common float64 `json:"common"`
	// Median and P95 are what half of all pairs share at most, and 95 % of them: what is usual here.
	Median float64 `json:"median"`
	P95    float64 `json:"p95"`
}

// Pair is two submissions and what they share.
type Pair struct {
	A string `json:"a"`
	B string `json:"b"`
	// ShareA and ShareB are the parts of what is A's own, and B's, that the other has too.
	ShareA   float64   `json:"share_a"`
	ShareB   float64   `json:"share_b"`
	Tokens   int       `json:"tokens"` // of A's own that B has too
	Flagged  bool      `json:"flagged"`
	Passages []Passage `json:"passages"` // the longest first
}

// Share is the greater of both: a copy with much beside it is still a copy.
func (p Pair) Share() float64 { return max(p.ShareA, p.ShareB) }

// Passage is what is the same in two submissions, in a row.
type Passage struct {
	Tokens int   `json:"tokens"`
	A      Lines `json:"a"`
	B      Lines `json:"b"`
}

// Lines are lines of a file, from the first to the last.
type Lines struct {
	File string `json:"file"`
	From int    `json:"from"`
	To   int    `json:"to"`
}
