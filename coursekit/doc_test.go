package coursekit

import (
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The map lists the packages that there are: no more, no less.
func TestTheMapIsComplete(t *testing.T) {
	text, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	listed := map[string]bool{}
	_, rest, found := regexpCut(string(text), `(?m)^// What each package is for:$`)
	require.True(t, found)
	list, _, found := regexpCut(rest, `(?m)^// Three conventions`)
	require.True(t, found)
	for _, match := range regexp.MustCompile(`(?m)^//\t(\w+)  `).FindAllStringSubmatch(list, -1) {
		listed[match[1]] = true
	}
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	for _, e := range entries {
		if e.IsDir() && e.Name() != "testdata" {
			assert.True(t, listed[e.Name()], "coursekit/doc.go does not say what %s is for", e.Name())
			delete(listed, e.Name())
		}
	}
	assert.Empty(t, listed, "coursekit/doc.go lists packages that do not exist")
}

func regexpCut(text, pattern string) (before, after string, found bool) {
	at := regexp.MustCompile(pattern).FindStringIndex(text)
	if at == nil {
		return text, "", false
	}
	return text[:at[0]], text[at[1]:], true
}
