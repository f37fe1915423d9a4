package notebook

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// Bytes writes the notebook as Jupyter does, in nbformat 4.5, without outputs.
func (n *Notebook) Bytes() ([]byte, error) {
	out := *n
	out.Format, out.Minor = 4, 5
	if out.Metadata == nil {
		out.Metadata = map[string]json.RawMessage{}
	}
	out.Cells = append([]Cell{}, n.Cells...)
	for i := range out.Cells {
		if out.Cells[i].ID == "" { // 4.5 wants one
			out.Cells[i].ID = fmt.Sprintf("cell-%d", i+1)
		}
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	err := encoder.Encode(out)
	return b.Bytes(), err
}

// MarshalJSON writes a cell.
func (c Cell) MarshalJSON() ([]byte, error) {
	metadata := map[string]any{}
	for key, value := range c.Metadata {
		metadata[key] = value
	}
	if c.Grading != nil {
		metadata["nbgrader"] = c.Grading
	}
	lines := strings.SplitAfter(c.Source, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	fields := map[string]any{"cell_type": c.Type, "id": c.ID, "metadata": metadata, "source": lines}
	if c.Type == Code {
		fields["execution_count"], fields["outputs"] = nil, []any{}
	}
	if len(c.attachments) > 0 {
		fields["attachments"] = c.attachments
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(fields)
	return b.Bytes(), err
}

// Content keeps of a notebook what grading looks at, for records: types, ids, nbgrader's metadata and text of the cells. Running a
// notebook again does not change it.
func (n *Notebook) Content() ([]byte, error) {
	out := &Notebook{}
	for _, c := range n.Cells {
		out.Cells = append(out.Cells, Cell{Type: c.Type, ID: c.ID, Source: c.Source, Grading: c.Grading})
	}
	return out.Bytes()
}
