package wire

import (
	"encoding/binary"
	"fmt"
)

// scan walks one CBOR item without building anything and refuses what the decoder must not be asked to hold:
// too many items (each may become a struct of a hundred bytes), too deep nesting, strings beyond the frame,
// indefinite lengths, tags, bytes after the item. See RFC 8949 section 3.
func scan(data []byte, limits Limits) error {
	s := scanner{data: data, left: limits.Items, depth: 4*limits.Nesting + 8}
	if err := s.item(0); err != nil {
		return err
	}
	if len(s.data) > 0 {
		return fmt.Errorf("%w: %d bytes after the message", ErrMalformed, len(s.data))
	}
	return nil
}

type scanner struct {
	data  []byte
	left  int // items still allowed
	depth int // deepest nesting allowed
}

func (s *scanner) item(depth int) error {
	if s.left--; s.left < 0 {
		return fmt.Errorf("%w: too many items", ErrTooLarge)
	}
	if depth > s.depth {
		return fmt.Errorf("%w: nested too deep", ErrTooLarge)
	}
	major, argument, err := s.head()
	if err != nil {
		return err
	}
	switch major {
	case 0, 1, 7: // integers, simple values, floats: the argument was all
		return nil
	case 2, 3: // byte string, text
		if argument > uint64(len(s.data)) {
			return fmt.Errorf("%w: string of %d bytes runs past the end", ErrMalformed, argument)
		}
		s.data = s.data[argument:]
		return nil
	case 4, 5: // array, map
		if argument > uint64(len(s.data)) { // each element takes a byte at least
			return fmt.Errorf("%w: %d elements run past the end", ErrMalformed, argument)
		}
		if major == 5 {
			argument *= 2
		}
		for ; argument > 0; argument-- {
			if err := s.item(depth + 1); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("%w: tag", ErrMalformed)
}

func (s *scanner) head() (major byte, argument uint64, err error) {
	if len(s.data) == 0 {
		return 0, 0, fmt.Errorf("%w: cut short", ErrMalformed)
	}
	first := s.data[0]
	s.data = s.data[1:]
	major, info := first>>5, first&31
	if info < 24 {
		return major, uint64(info), nil
	}
	if info > 27 {
		return 0, 0, fmt.Errorf("%w: indefinite length or reserved byte %#x", ErrMalformed, first)
	}
	width := 1 << (info - 24)
	if len(s.data) < width {
		return 0, 0, fmt.Errorf("%w: cut short", ErrMalformed)
	}
	var wide [8]byte
	copy(wide[8-width:], s.data[:width])
	s.data = s.data[width:]
	return major, binary.BigEndian.Uint64(wide[:]), nil
}
