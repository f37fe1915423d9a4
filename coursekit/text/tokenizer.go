package text

import (
	"strings"
	"unicode"
)

// Tokenizer splits a text into tokens and puts them together again.
type Tokenizer struct {
	Split func(text string) []string
	Join  func(tokens []string) string
}

// Words splits at white space, and makes each punctuation mark and symbol a token of its own; letters, digits, and
// apostrophes and hyphens inside a word stay together. It keeps the case. Join puts a space between all tokens, so that only
// texts of that form come back as they were.
var Words = Tokenizer{
	Split: splitWords,
	Join:  func(tokens []string) string { return strings.Join(tokens, " ") },
}

// Characters makes each Unicode code point a token. Join gives the text back exactly if it was valid UTF-8; a byte that is
// not becomes U+FFFD.
var Characters = Tokenizer{
	Split: func(text string) []string {
		tokens := make([]string, 0, len(text))
		for _, r := range text {
			tokens = append(tokens, string(r))
		}
		return tokens
	},
	Join: func(tokens []string) string { return strings.Join(tokens, "") },
}

func splitWords(text string) []string {
	var tokens []string
	runes := []rune(text)
	for i := 0; i < len(runes); {
		switch {
		case unicode.IsSpace(runes[i]):
			i++
		case inWord(runes[i]):
			start := i
			for i++; i < len(runes) && (inWord(runes[i]) || joins(runes, i)); i++ {
			}
			tokens = append(tokens, string(runes[start:i]))
		default:
			tokens = append(tokens, string(runes[i]))
			i++
		}
	}
	return tokens
}

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

// joins says if the rune at i is an apostrophe or a hyphen between two letters.
func joins(runes []rune, i int) bool {
	switch runes[i] {
	case '\'', '’', '-':
		return i+1 < len(runes) && inWord(runes[i-1]) && inWord(runes[i+1])
	}
	return false
}
