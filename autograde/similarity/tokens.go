package similarity

import (
	"go/scanner"
	"go/token"
	"maps"
	"slices"
)

// Program is a submission as tokens. What a copier changes without thinking is not in it: names, values, comments, layout, and which
// file a declaration is in.
type Program struct {
	files        []string
	declarations [][]symbol // at top level, without imports
	tokens       int
	cut          bool // there are more, which are not compared
}

// symbol is a token that stands for all that count as the same.
type symbol struct {
	kind uint8 // token.Token
	file int32 // of the program's
	line int32
}

// maxTokens is how much of a submission is compared: nobody writes that much, but somebody may hand it in.
const maxTokens = 100_000

// Read takes a submission apart. Of it only go/scanner sees the text, in time proportional to its length whatever it holds: what does
// not compile can be compared, and nothing can make the grader fall.
func Read(sources map[string][]byte) *Program {
	p := &Program{}
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		p.files = append(p.files, name)
		p.read(sources[name])
	}
	return p
}

// read adds a file.
func (p *Program) read(text []byte) {
	fset := token.NewFileSet()
	file := fset.AddFile("", fset.Base(), len(text))
	var s scanner.Scanner
	s.Init(file, text, func(token.Position, string) {}, 0) // without comments; what it cannot read is illegal, and a token
	var declaration []symbol
	depth := 0
	for {
		pos, kind, _ := s.Scan()
		if p.tokens++; p.tokens > maxTokens && kind != token.EOF {
			kind, p.cut = token.EOF, true
		}
		switch kind {
		case token.LPAREN, token.LBRACE, token.LBRACK:
			depth++
		case token.RPAREN, token.RBRACE, token.RBRACK:
			depth = max(0, depth-1)
			if n := len(declaration); n > 0 && declaration[n-1].kind == uint8(token.COMMA) { // a matter of layout
				declaration = declaration[:n-1]
			}
		case token.FLOAT, token.IMAG:
			kind = token.INT
		case token.SEMICOLON, token.EOF: // most are not written
			if depth == 0 || kind == token.EOF {
				if len(declaration) > 0 && declaration[0].kind != uint8(token.IMPORT) && declaration[0].kind != uint8(token.PACKAGE) {
					p.declarations = append(p.declarations, declaration)
				}
				declaration = nil
			}
			if kind == token.EOF {
				return
			}
			continue
		}
		declaration = append(declaration, symbol{uint8(kind), int32(len(p.files) - 1), int32(file.Line(pos))})
	}
}
