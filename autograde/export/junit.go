package export

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"courselab/autograde/result"
)

// The elements of JUnit's XML, as Jenkins and GitLab read it.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name      string          `xml:"name,attr"`
		Tests     int             `xml:"tests,attr"`
		Failures  int             `xml:"failures,attr"`
		Time      string          `xml:"time,attr"`
		Timestamp string          `xml:"timestamp,attr"`
		Set       []junitProperty `xml:"properties>property"`
		Cases     []junitCase     `xml:"testcase"`
	}
	junitCase struct {
		Name    string          `xml:"name,attr"`
		Class   string          `xml:"classname,attr"`
		Set     []junitProperty `xml:"properties>property"`
		Failure *junitFailure   `xml:"failure,omitempty"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// JUnit writes records as JUnit XML: a suite for each submission, with the tests that Gradescope's format has, points as
// properties. Control characters that XML cannot hold are written as spaces.
func JUnit(w io.Writer, name string, records []*result.Submission) error {
	suites := junitSuites{Name: clean(name)}
	for _, record := range records {
		suite := junitSuite{Name: clean(record.Student), Time: seconds(record.Seconds), Timestamp: record.Graded.UTC().Format("2006-01-02T15:04:05"),
			Set: []junitProperty{property("verdict", string(record.Verdict)), property("score", points(record.Score)), property("max_score", points(record.Max))}}
		for _, test := range record.Gradescope().Tests {
			c := junitCase{Name: clean(test.Name), Class: clean(record.Lab + "." + strings.Join(test.Tags[:1], "")),
				Set: []junitProperty{property("number", test.Number), property("score", points(test.Score)), property("max_score", points(test.MaxScore))}}
			if test.Status != "passed" {
				first, _, _ := strings.Cut(test.Output, "\n")
				c.Failure = &junitFailure{Message: clean(first), Text: clean(test.Output)}
				suite.Failures++
			}
			suite.Cases = append(suite.Cases, c)
			suite.Tests++
		}
		suites.Tests += suite.Tests
		suites.Failures += suite.Failures
		suites.Suites = append(suites.Suites, suite)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("junit: %w", err)
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(suites); err != nil {
		return fmt.Errorf("junit: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func property(name, value string) junitProperty { return junitProperty{name, clean(value)} }

func points(x float64) string  { return strconv.FormatFloat(x, 'f', -1, 64) }
func seconds(x float64) string { return strconv.FormatFloat(x, 'f', 3, 64) }

// clean replaces what XML 1.0 cannot hold.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t':
			return r
		case r < ' ', r == 0x7f, r == 0xfffe, r == 0xffff, r == utf8.RuneError:
			return ' '
		}
		return r
	}, text)
}
