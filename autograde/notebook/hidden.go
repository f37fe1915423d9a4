package notebook

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Markers of nbgrader, after the comment sign of whatever language: what stands between a pair is for staff only.
var staffMarkers = []string{"HIDDEN TESTS", "MARK SCHEME"}

// SolutionMarker stands in the line that begins a solution.
const SolutionMarker = "BEGIN SOLUTION"

// StaffTag is the tag of a cell that students do not get.
const StaffTag = "staff"

// Public is the notebook without what is for staff only, solutions aside: cells with the tag "staff", and what stands between the lines
// ### BEGIN HIDDEN TESTS and ### END HIDDEN TESTS, or MARK SCHEME. Staff is what was left out, a text each.
func (n *Notebook) Public() (public *Notebook, staff []string, err error) {
	public = &Notebook{Metadata: n.Metadata, Format: n.Format, Minor: n.Minor}
	for i, c := range n.Cells {
		if slices.Contains(c.Tags(), StaffTag) {
			staff = append(staff, c.Source)
			continue
		}
		for _, marker := range staffMarkers {
			var cut []string
			if c.Source, cut, err = cutOut(c.Source, marker); err != nil {
				return nil, nil, fmt.Errorf("cell %d: %w", i+1, err)
			}
			staff = append(staff, cut...)
		}
		public.Cells = append(public.Cells, c)
	}
	return public, staff, nil
}

// Tags are the cell's tags.
func (c Cell) Tags() (tags []string) {
	_ = json.Unmarshal(c.Metadata["tags"], &tags) // what is no list has no tags
	return tags
}

// cutOut removes the regions of a marker, marker lines included.
func cutOut(source, marker string) (rest string, cut []string, err error) {
	begin, end := "BEGIN "+marker, "END "+marker
	var kept, region []string
	inside := false
	for _, line := range strings.Split(source, "\n") {
		switch {
		case strings.Contains(line, begin):
			if inside {
				return "", nil, fmt.Errorf("%s inside %s", begin, begin)
			}
			inside, region = true, nil
		case strings.Contains(line, end):
			if !inside {
				return "", nil, fmt.Errorf("%s without %s before it", end, begin)
			}
			inside, cut = false, append(cut, strings.Join(region, "\n"))
		case inside:
			region = append(region, line)
		default:
			kept = append(kept, line)
		}
	}
	if inside {
		return "", nil, fmt.Errorf("%s without %s", begin, end)
	}
	return strings.Join(kept, "\n"), cut, nil
}

// Protect keeps students from deleting marked cells in Jupyter, and from editing locked ones. That is a help, no protection.
func (n *Notebook) Protect() {
	for i, c := range n.Cells {
		if c.Grading == nil {
			continue
		}
		metadata := map[string]json.RawMessage{}
		for key, value := range c.Metadata {
			metadata[key] = value
		}
		metadata["deletable"] = json.RawMessage("false")
		if c.Grading.Locked {
			metadata["editable"] = json.RawMessage("false")
		}
		n.Cells[i].Metadata = metadata
	}
}
