package notebook

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// code is what the kernel makes of a code cell.
type code struct {
	imports  []spec
	decls    []decl
	test     bool // %test
	foreign  bool // another language, or text for a file
	commands bool // it has lines for a shell
}

// spec is an import.
type spec struct {
	name, path string
	at         Place
}

// decl is a declaration: a function, a variable, a type, or a group of constants.
type decl struct {
	names []string // "Softmax"; a method's is "Type.Method"; blank ones have none
	text  string
	line  int // of its first line, in the cell, from 1
	// spots are where in text each name of a list stands, for a declaration that stays when some of its names are declared again.
	spots []int
	from  int // index of the cell, -1 for the lab's own
	root  bool
	refs  []string // names that it mentions

	variable bool
}

// foreignCells are the cell magics that make a cell something else than Go.
var foreignCells = []string{"%%writefile", "%%script", "%%bash", "%%sh", "%%gx"}

const packageLine = "package p\n"

const commentPrefix = "//gonb:" // may stand before any command

// GoText turns a cell's text into a Go file: a line with a package clause, then the cell's lines. Commands become empty lines, and so does
// all that follows where the body of main begins.
func GoText(source string) string {
	file, _ := goText(source)
	return file
}

func goText(source string) (file string, kind code) {
	lines := strings.Split(source, "\n")
	first := strings.TrimPrefix(lines[0], commentPrefix)
	if word, _, _ := strings.Cut(first, " "); slices.Contains(foreignCells, word) {
		return packageLine + strings.Repeat("\n", len(lines)-1), code{foreign: true, commands: true}
	}
	continued, ended := false, false
	for i, line := range lines {
		command := strings.TrimPrefix(line, commentPrefix)
		word, _, _ := strings.Cut(strings.ReplaceAll(command, "\t", " "), " ")
		isCommand := len(command) > 1 && (command[0] == '%' || command[0] == '!')
		switch {
		case ended || continued:
			lines[i] = ""
		case word == "%%" || strings.HasPrefix(word, "%main"):
			ended = true
			lines[i] = ""
		case isCommand:
			kind.test = kind.test || word == "%test"
			kind.commands = kind.commands || command[0] == '!'
			lines[i] = ""
		case strings.HasPrefix(line, "package"):
			lines[i] = ""
		}
		continued = (continued || isCommand) && strings.HasSuffix(line, `\`)
	}
	return packageLine + strings.Join(lines, "\n"), kind
}

// parse reads a code cell. The error names the line of the cell.
func parse(source string) (*code, error) {
	file, kind := goText(source)
	c := &kind
	if c.foreign {
		return c, nil
	}
	fset := token.NewFileSet()
	parsed, err := parser.ParseFile(fset, "", file, parser.ParseComments|parser.SkipObjectResolution)
	var list scanner.ErrorList
	if errors.As(err, &list) {
		return c, fmt.Errorf("line %d: %s", list[0].Pos.Line-1, printable(list[0].Msg))
	}
	if err != nil {
		return c, err
	}
	r := reader{file: file, set: fset, code: c}
	for _, d := range parsed.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			r.function(d)
		case *ast.GenDecl:
			r.group(d)
		}
	}
	return c, nil
}

// maxMessage bounds what the parser says, in bytes.
const maxMessage = 200

// printable cuts short what the parser says, and leaves out what steers a terminal or a reader's eye: it may quote a whole string.
func printable(text string) string {
	if len(text) > maxMessage {
		text = text[:maxMessage] + "..."
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
}

// reader collects the declarations of a parsed cell.
type reader struct {
	file string
	set  *token.FileSet
	code *code
}

func (r *reader) offset(p token.Pos) int { return r.set.PositionFor(p, false).Offset }

// line is the line of the cell.
func (r *reader) line(p token.Pos) int { return r.set.PositionFor(p, false).Line - 1 }

// add takes over the text of a declaration; names are cut out of it at their positions.
func (r *reader) add(doc *ast.CommentGroup, node ast.Node, prefix string, ids ...*ast.Ident) {
	from := node.Pos()
	start := r.offset(from)
	d := decl{line: r.line(from), text: prefix + r.file[start:r.offset(node.End())], refs: mentioned(node)}
	for _, id := range ids {
		if id.Name != "_" {
			d.names = append(d.names, id.Name)
			d.spots = append(d.spots, len(prefix)+r.offset(id.Pos())-start)
		}
	}
	if doc != nil {
		comment := r.file[r.offset(doc.Pos()):r.offset(doc.End())]
		d.text, d.line = comment+"\n"+d.text, r.line(doc.Pos())
		for i := range d.spots {
			d.spots[i] += len(comment) + 1
		}
	}
	r.code.decls = append(r.code.decls, d)
}

// mentioned are the names in a declaration, those after a dot aside.
func mentioned(node ast.Node) (names []string) {
	var visit func(n ast.Node) bool
	visit = func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			ast.Inspect(n.X, visit)
			return false
		case *ast.Ident:
			names = append(names, n.Name)
		}
		return true
	}
	ast.Inspect(node, visit)
	slices.Sort(names)
	return slices.Compact(names)
}

func (r *reader) function(f *ast.FuncDecl) {
	name := f.Name.Name
	if f.Recv == nil && name == "main" {
		return
	}
	r.add(f.Doc, f, "", f.Name)
	d := &r.code.decls[len(r.code.decls)-1]
	if f.Recv != nil && len(f.Recv.List) > 0 {
		d.names = []string{receiver(f.Recv.List[0].Type) + "." + name}
	} else if strings.HasPrefix(name, "init_") {
		at := d.spots[0]
		d.text = d.text[:at] + "init" + d.text[at+len(name):]
	}
	d.spots = nil
}

// receiver is the name of a method's type.
func receiver(t ast.Expr) string {
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.ParenExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.Name
		default:
			return "?"
		}
	}
}

func (r *reader) group(g *ast.GenDecl) {
	if g.Tok == token.CONST && len(g.Specs) > 0 { // whole: iota counts its lines
		var ids []*ast.Ident
		for _, s := range g.Specs {
			ids = append(ids, s.(*ast.ValueSpec).Names...)
		}
		r.add(g.Doc, g, "", ids...)
		return
	}
	for _, s := range g.Specs {
		doc := g.Doc
		switch s := s.(type) {
		case *ast.ImportSpec:
			path, err := strconv.Unquote(s.Path.Value)
			if err != nil {
				continue // the parser has seen to that
			}
			entry := spec{path: path, at: Place{Line: r.line(s.Pos())}}
			if s.Name != nil {
				entry.name = s.Name.Name
			}
			r.code.imports = append(r.code.imports, entry)
		case *ast.ValueSpec:
			if g.Lparen.IsValid() {
				doc = s.Doc
			}
			r.add(doc, s, "var ", s.Names...)
			r.code.decls[len(r.code.decls)-1].variable = true
		case *ast.TypeSpec:
			if g.Lparen.IsValid() {
				doc = s.Doc
			}
			r.add(doc, s, "type ", s.Name)
		}
	}
}
