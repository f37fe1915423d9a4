package main

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCheckSite(t *testing.T) {
	site := fstest.MapFS{
		"index.html":  {Data: []byte(`<a href="one.html#goals">one</a> <a href="https://example.org/x">out</a> <img src="f/a.png" alt="">`)},
		"one.html":    {Data: []byte(`<h2 id="goals">Goals</h2><a href="index.html">home</a><pre>echo $$</pre><link rel="stylesheet" href="style.css">`)},
		"style.css":   {},
		"f/a.png":     {},
		"f/notes.txt": {Data: []byte("<script>")},
	}
	faults, count, err := checkSite(site)
	require.NoError(t, err)
	assert.Empty(t, faults)
	assert.Equal(t, siteCount{pages: 2, links: 4}, count)

	site["one.html"] = &fstest.MapFile{Data: []byte(`<a href="two.html">two</a> <a href="index.html#end">end</a> $$x$$ <img src="f/a.png">
		<script src="https://example.org/a.js"></script> <p onclick="x()">y</p> <a href="#here">here</a>`)}
	faults, _, err = checkSite(site)
	require.NoError(t, err)
	assert.Equal(t, []string{
		"index.html: one.html has no place named goals",
		"one.html: a formula is left as it is written: \"$$x$$\"",
		"one.html: a picture has no description: f/a.png",
		"one.html: has a script",
		"one.html: has a script: onclick",
		"one.html: index.html has no place named end",
		"one.html: loads from elsewhere: https://example.org/a.js",
		"one.html: one.html has no place named here",
		"one.html: the link to two.html leads nowhere",
	}, faults)
}
