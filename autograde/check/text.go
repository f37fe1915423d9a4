package check

import "strings"

// Line makes text of a student's program one line that is safe to print: valid UTF-8 without control and invisible formatting
// characters, of at most most bytes and a mark where it was cut. It is NOT escaped for HTML.
func Line(text string, most int) string {
	text = strings.NewReplacer("\n", " ", "\t", " ").Replace(clean(text))
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "..."
	}
	return text
}
