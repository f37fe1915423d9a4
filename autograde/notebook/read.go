package notebook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Notebook is a notebook without its outputs.
type Notebook struct {
	Cells    cellList `json:"cells"`
	Metadata metadata `json:"metadata"`
	Format   int      `json:"nbformat"`
	Minor    int      `json:"nbformat_minor"`
}

// The types of cells.
const (
	Code     = "code"
	Markdown = "markdown"
	Raw      = "raw"
)

// Cell is a cell of a notebook.
type Cell struct {
	Type     string
	ID       string // since nbformat 4.5; unique there, if nobody meddled with it
	Source   string
	Metadata metadata // without nbgrader's
	Grading  *Grading // nbgrader's; nil if the cell has none

	attachments json.RawMessage
}

// Grading is nbgrader's metadata of a cell, schema 3.
type Grading struct {
	Schema   int     `json:"schema_version"`
	GradeID  string  `json:"grade_id,omitempty"`
	Solution bool    `json:"solution"`
	Grade    bool    `json:"grade"`
	Locked   bool    `json:"locked"`
	Task     bool    `json:"task,omitempty"`
	Points   float64 `json:"points,omitempty"`
}

// metadata is that of a notebook or a cell.
type metadata map[string]json.RawMessage

// maxMetadata is the size, in bytes, above which metadata is passed over: what is looked at is small, and each of millions of keys would cost
// a hundred bytes.
const maxMetadata = 256 << 10

func (m *metadata) UnmarshalJSON(data []byte) error {
	if len(data) > maxMetadata {
		return nil
	}
	return json.Unmarshal(data, (*map[string]json.RawMessage)(m))
}

// cellList counts cells before it reads them.
type cellList []Cell

var errCells = fmt.Errorf("the notebook has more than %d cells", MaxCells)

func (l *cellList) UnmarshalJSON(data []byte) error {
	var raw []json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	if len(raw) > MaxCells {
		return errCells
	}
	*l = make(cellList, len(raw))
	for i := range raw {
		if err := json.Unmarshal(raw[i], &(*l)[i]); err != nil {
			return err
		}
	}
	return nil
}

// Read reads a notebook of nbformat 4 and forgets its outputs. The errors are for whoever wrote the notebook.
func Read(data []byte) (*Notebook, error) {
	if len(data) > MaxSize {
		return nil, fmt.Errorf("the notebook is larger than %d MiB: clear its outputs and save it again", MaxSize>>20)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	n := &Notebook{}
	if err := decoder.Decode(n); err != nil {
		return nil, unreadable(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more in the file than a notebook: open it in JupyterLab and save it again")
	}
	switch {
	case n.Format == 0:
		return nil, errors.New("the file does not say which format of a notebook it has (nbformat): open it in JupyterLab and save it again")
	case n.Format != 4:
		return nil, fmt.Errorf("the notebook has format %d, but format 4 is needed: open it in JupyterLab and save it again", n.Format)
	}
	size := 0
	for i, c := range n.Cells {
		switch c.Type {
		case Code, Markdown, Raw:
		default:
			return nil, fmt.Errorf("cell %d is neither code nor markdown nor raw: open the notebook in JupyterLab and save it again", i+1)
		}
		if size += len(c.Source); size > MaxSource {
			return nil, fmt.Errorf("the text of the cells is longer than %d KiB together", MaxSource>>10)
		}
	}
	return n, nil
}

// unreadable says why a notebook cannot be read, without quoting it.
func unreadable(err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("the file is no notebook, its JSON is broken at byte %d: open it in JupyterLab and save it again", syntax.Offset)
	case errors.As(err, &kind):
		return fmt.Errorf("the file is no notebook (a value of its JSON has the wrong type at byte %d): open it in JupyterLab and save it again", kind.Offset)
	case errors.Is(err, errCells):
		return errCells
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return errors.New("the file ends in the middle of the notebook: hand it in again")
	}
	return fmt.Errorf("the file is no notebook: %w", err)
}

// text is a string, or a list of strings that are one.
type text string

func (t *text) UnmarshalJSON(data []byte) error {
	if bytes.HasPrefix(data, []byte("[")) {
		var whole strings.Builder
		lines := json.NewDecoder(bytes.NewReader(data))
		_, err := lines.Token()
		for err == nil && lines.More() { // one by one: there may be millions of empty ones
			var line string
			err = lines.Decode(&line)
			whole.WriteString(line)
		}
		*t = text(whole.String())
		return err
	}
	return json.Unmarshal(data, (*string)(t))
}

// UnmarshalJSON reads a cell. Outputs and execution counts are passed over.
func (c *Cell) UnmarshalJSON(data []byte) error {
	var raw struct {
		Type        string          `json:"cell_type"`
		ID          string          `json:"id"`
		Source      text            `json:"source"`
		Metadata    metadata        `json:"metadata"`
		Attachments json.RawMessage `json:"attachments"`
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	*c = Cell{Type: raw.Type, ID: raw.ID, Source: strings.ReplaceAll(string(raw.Source), "\r\n", "\n"), Metadata: raw.Metadata, attachments: raw.Attachments}
	if marks, ok := raw.Metadata["nbgrader"]; ok {
		delete(c.Metadata, "nbgrader")
		g := &Grading{}
		if json.Unmarshal(marks, g) == nil { // what is no such metadata marks nothing
			c.Grading = g
		}
	}
	return nil
}
