package notebook

import (
	"fmt"
	"html"
	"regexp"
	"strings"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// HTML shows HTML made from a format and its arguments. The format is trusted; the arguments are not: text in them is
// escaped, so that it appears as it is and cannot become markup.
//
//	notebook.HTML("<p>The model says <b>%s</b> (p = %.2f)</p>", answer, p)
//
// Outside a notebook it prints the text without the tags.
func HTML(format string, args ...any) {
	text := formatHTML(format, args)
	if !gonbui.IsNotebook {
		fmt.Println(plainText(text))
		return
	}
	displayText(protocol.MIMETextHTML, text)
}

func formatHTML(format string, args []any) string {
	escaped := make([]any, len(args))
	for i, arg := range args {
		escaped[i] = escapedArg{arg}
	}
	return fmt.Sprintf(format, escaped...)
}

// escapedArg formats its value with the verb it is asked for, and escapes the result.
type escapedArg struct{ value any }

// Format implements fmt.Formatter.
func (e escapedArg) Format(state fmt.State, verb rune) {
	fmt.Fprint(state, html.EscapeString(fmt.Sprintf(fmt.FormatString(state, verb), e.value)))
}

var (
	blockEnd = regexp.MustCompile(`(?i)</(p|div|li|tr|h[1-6])>|<br ?/?>`)
	tag      = regexp.MustCompile(`<[^>]*>`)
)

// plainText is what a reader of the page would see, roughly.
func plainText(page string) string {
	page = blockEnd.ReplaceAllString(page, "\n")
	return strings.TrimSpace(html.UnescapeString(tag.ReplaceAllString(page, "")))
}
