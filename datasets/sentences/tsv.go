package sentences

import (
	"bytes"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"courselab/datasets/parse"
)

const (
	// MaxBytes is the largest file that is read. GLUE's SST-2 training file has 3.8 MB.
	MaxBytes = 256 << 20
	// MaxLine is the longest line in bytes.
	MaxLine = 1 << 20
)

// SST2Classes returns the names of SST-2's labels.
func SST2Classes() []string { return []string{"negative", "positive"} }

// CoLAClasses returns the names of CoLA's labels.
func CoLAClasses() []string { return []string{"unacceptable", "acceptable"} }

// layout says in which column (from 0) a field is; -1: the file has none.
type layout struct{ columns, text, label, source, mark int }

var (
	sst2Plain = layout{columns: 2, text: 0, label: 1, source: -1, mark: -1}
	colaPlain = layout{columns: 4, text: 3, label: 1, source: 0, mark: 2}
)

// OpenSST2 reads a file of SST-2: "sentence TAB label" without a header; GLUE's train.tsv and dev.tsv, whose header line is
// "sentence TAB label"; or GLUE's test.tsv, "index TAB sentence", without labels.
//
// Spaces around a sentence are dropped (GLUE's training sentences end in one). Errors are *parse.Error with file and
// line, or an *fs.PathError.
func OpenSST2(path string) (Set, error) { return open(path, sst2Plain, SST2Classes()) }

// ReadSST2 is OpenSST2 for r, which holds size bytes; name is what messages call it.
func ReadSST2(r io.Reader, name string, size int64) (Set, error) {
	return read(r, name, size, sst2Plain, SST2Classes())
}

// OpenCoLA reads a file of CoLA: "source TAB label TAB mark TAB sentence", with or without a header line that names the
// columns, or GLUE's test.tsv, "index TAB sentence", without labels. Errors as OpenSST2.
func OpenCoLA(path string) (Set, error) { return open(path, colaPlain, CoLAClasses()) }

// ReadCoLA is OpenCoLA for r, which holds size bytes; name is what messages call it.
func ReadCoLA(r io.Reader, name string, size int64) (Set, error) {
	return read(r, name, size, colaPlain, CoLAClasses())
}

func open(path string, plain layout, classes []string) (Set, error) {
	source, err := parse.Open(path, MaxBytes)
	if err != nil {
		return Set{}, err
	}
	defer source.Close()
	return lines(source, plain, classes)
}

func read(r io.Reader, name string, size int64, plain layout, classes []string) (Set, error) {
	source, err := parse.NewSource(r, name, size, MaxBytes)
	if err != nil {
		return Set{}, err
	}
	return lines(source, plain, classes)
}

func lines(source *parse.Source, plain layout, classes []string) (Set, error) {
	raw, err := source.All()
	if err != nil {
		return Set{}, err
	}
	set := Set{Classes: classes}
	shape := plain
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	for number := 1; len(raw) > 0; number++ {
		line, rest, _ := bytes.Cut(raw, []byte("\n"))
		raw = rest
		line = bytes.TrimSuffix(line, []byte("\r"))
		switch {
		case len(line) > MaxLine:
			return Set{}, parse.Line(source.Name, number, "%d bytes long, more than the limit of %d", len(line), MaxLine)
		case !utf8.Valid(line):
			return Set{}, parse.Line(source.Name, number, "not UTF-8: %s", parse.Excerpt(string(line)))
		}
		fields := strings.Split(string(line), "\t")
		if number == 1 {
			if named, ok := header(fields); ok {
				shape = named
				continue
			}
		}
		sentence, err := parseLine(source.Name, number, fields, shape, len(classes))
		if err != nil {
			return Set{}, err
		}
		set.Sentences = append(set.Sentences, sentence)
	}
	return set, nil
}

func parseLine(file string, number int, fields []string, shape layout, classes int) (Sentence, error) {
	if len(fields) != shape.columns {
		return Sentence{}, parse.Line(file, number, "want %d columns, got %d: %s", shape.columns, len(fields), parse.Excerpt(strings.Join(fields, "\t")))
	}
	sentence := Sentence{Text: strings.TrimSpace(fields[shape.text]), Label: Unlabelled}
	if sentence.Text == "" {
		return Sentence{}, parse.Line(file, number, "the sentence is empty")
	}
	if shape.label >= 0 {
		label, err := strconv.ParseUint(fields[shape.label], 10, 31)
		if err != nil || label >= uint64(classes) {
			return Sentence{}, parse.Line(file, number, "label %s, want 0 to %d", parse.Excerpt(fields[shape.label]), classes-1)
		}
		sentence.Label = int32(label)
	}
	if shape.source >= 0 {
		sentence.Source = fields[shape.source]
	}
	if shape.mark >= 0 {
		sentence.Mark = fields[shape.mark]
	}
	return sentence, nil
}

// header recognises a line of column names: it has a column "sentence" and at least one more known name.
func header(fields []string) (layout, bool) {
	names := make([]string, len(fields))
	for i, field := range fields {
		names[i] = strings.ToLower(strings.TrimSpace(field))
	}
	find := func(known ...string) int {
		return slices.IndexFunc(names, func(name string) bool { return slices.Contains(known, name) })
	}
	shape := layout{
		columns: len(fields),
		text:    find("sentence", "text"),
		label:   find("label", "is_acceptable", "acceptability"),
		source:  find("source", "sentence_source"),
		mark:    find("mark", "label_notes", "notes", "original_mark", "original mark"),
	}
	known := shape.label >= 0 || find("index", "idx", "id") >= 0
	return shape, shape.text >= 0 && known
}
