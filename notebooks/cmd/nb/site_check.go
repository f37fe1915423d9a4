package main

import (
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// siteCount is how much of a site was looked at.
type siteCount struct{ pages, links int }

// page is what the check knows of one.
type page struct {
	anchors []string
	links   []string // href and src
	faults  []string
}

// checkSite returns what is wrong with the pages of a site: links within it that lead nowhere, scripts, anything that a browser would
// load from elsewhere, pictures without a description, formulas that were left as they are written.
func checkSite(site fs.FS) (faults []string, count siteCount, err error) {
	pages := map[string]page{}
	err = fs.WalkDir(site, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(name) != ".html" {
			return err
		}
		pages[name], err = readPage(site, name)
		return err
	})
	if err != nil {
		return nil, siteCount{}, err
	}
	for name, p := range pages {
		count.pages++
		for _, fault := range p.faults {
			faults = append(faults, name+": "+fault)
		}
		for _, link := range p.links {
			u, err := url.Parse(link)
			if err != nil {
				faults = append(faults, fmt.Sprintf("%s: %q is no link: %v", name, link, err))
				continue
			}
			if u.IsAbs() {
				continue // the world changes: only what is ours is checked
			}
			count.links++
			to := name
			if u.Path != "" {
				to = path.Join(path.Dir(name), u.Path)
			}
			if _, err := fs.Stat(site, to); err != nil {
				faults = append(faults, fmt.Sprintf("%s: the link to %s leads nowhere", name, link))
			} else if u.Fragment != "" && !slices.Contains(pages[to].anchors, u.Fragment) {
				faults = append(faults, fmt.Sprintf("%s: %s has no place named %s", name, to, u.Fragment))
			}
		}
	}
	slices.Sort(faults)
	return faults, count, nil
}

func readPage(site fs.FS, name string) (page, error) {
	f, err := site.Open(name)
	if err != nil {
		return page{}, err
	}
	defer f.Close()
	root, err := html.Parse(f)
	if err != nil {
		return page{}, fmt.Errorf("%s: %w", name, err)
	}
	var p page
	p.read(root, false)
	return p, nil
}

// read a node; code says that it stands in a listing, where a dollar is a dollar.
func (p *page) read(n *html.Node, code bool) {
	switch n.Type {
	case html.TextNode:
		if !code && (strings.Contains(n.Data, "$$") || strings.Contains(n.Data, `\(`)) {
			p.faults = append(p.faults, fmt.Sprintf("a formula is left as it is written: %.60q", strings.TrimSpace(n.Data)))
		}
	case html.ElementNode:
		attributes := map[string]string{}
		for _, a := range n.Attr {
			attributes[a.Key] = a.Val
		}
		code = code || n.Data == "pre" || n.Data == "code"
		p.element(n.Data, attributes)
	}
	for child := range n.ChildNodes() {
		p.read(child, code)
	}
}

func (p *page) element(tag string, attributes map[string]string) {
	if id := attributes["id"]; id != "" {
		p.anchors = append(p.anchors, id)
	}
	switch tag {
	case "script", "iframe", "object", "embed":
		p.faults = append(p.faults, "has a "+tag)
	case "img":
		if _, ok := attributes["alt"]; !ok {
			p.faults = append(p.faults, "a picture has no description: "+attributes["src"])
		}
	}
	for key, value := range attributes {
		if strings.HasPrefix(key, "on") {
			p.faults = append(p.faults, "has a script: "+key)
		}
		loads := key == "src" || tag == "link" && key == "href"
		switch {
		case loads && (strings.Contains(value, "://") || strings.HasPrefix(value, "//")):
			p.faults = append(p.faults, "loads from elsewhere: "+value)
		case loads || key == "href":
			p.links = append(p.links, value)
		}
	}
}
