package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/fxamacker/cbor/v2"
)

// ErrMalformed and ErrTooLarge tell a peer that breaks the format from one that exceeds a limit.
var (
	ErrMalformed = errors.New("malformed frame")
	ErrTooLarge  = errors.New("frame exceeds a limit")
)

// Limits bounds what one frame may hold. Zero fields are not defaults: start from [DefaultLimits].
type Limits struct {
	Frame    int // bytes of a frame, without its length
	Nesting  int // lists within lists
	Items    int // CBOR items in a frame, numbers inside tensors and packed lists not counted
	Rank     int // axes of a tensor
	Elements int // elements of a tensor or packed list
	Text     int // bytes of a string
}

// DefaultLimits suit tensors of a lab: 16 MiB a frame, a million elements a tensor.
func DefaultLimits() Limits {
	return Limits{Frame: 16 << 20, Nesting: 6, Items: 1 << 15, Rank: 8, Elements: 1 << 20, Text: 64 << 10}
}

// firstChunk is what a peer gets allocated on its word alone; more only once that much has arrived.
const firstChunk = 64 << 10

// Message is a [Request] or a [Response].
type Message interface{ Validate(Limits) error }

// Write validates the message and sends it as one frame with a single Write.
func Write(w io.Writer, message Message, limits Limits) error {
	frame, err := Encode(message, limits)
	if err != nil {
		return err
	}
	_, err = w.Write(frame)
	return err
}

// Encode validates the message and returns it as one frame, length included.
func Encode(message Message, limits Limits) ([]byte, error) {
	if err := message.Validate(limits); err != nil {
		return nil, err
	}
	buf := bytes.NewBuffer(make([]byte, 4, 512))
	if err := encMode.NewEncoder(buf).Encode(message); err != nil {
		return nil, fmt.Errorf("wire: %w", err)
	}
	frame := buf.Bytes()
	if len(frame)-4 > limits.Frame {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, len(frame)-4, limits.Frame)
	}
	if err := scan(frame[4:], limits); err != nil {
		return nil, err
	}
	binary.BigEndian.PutUint32(frame, uint32(len(frame)-4))
	return frame, nil
}

// Read receives one frame into message. It returns io.EOF at a clean end before a frame, io.ErrUnexpectedEOF
// inside one, [ErrTooLarge] or [ErrMalformed] (wrapped) for a frame that the limits or the format forbid:
// after any of these the stream cannot be used again.
func Read(r io.Reader, message Message, limits Limits) error {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return err
	}
	length := binary.BigEndian.Uint32(head[:])
	if uint64(length) > uint64(limits.Frame) {
		return fmt.Errorf("%w: announces %d bytes, at most %d", ErrTooLarge, length, limits.Frame)
	}
	body := make([]byte, min(int(length), firstChunk))
	if _, err := io.ReadFull(r, body); err != nil {
		return unexpected(err)
	}
	if rest := int(length) - len(body); rest > 0 {
		whole := make([]byte, length)
		copy(whole, body)
		if _, err := io.ReadFull(r, whole[len(body):]); err != nil {
			return unexpected(err)
		}
		body = whole
	}
	return Decode(body, message, limits)
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Decode reads the body of one frame (without its length) into message, which should be a zero value.
func Decode(body []byte, message Message, limits Limits) error {
	if len(body) > limits.Frame {
		return fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, len(body), limits.Frame)
	}
	if err := scan(body, limits); err != nil {
		return err
	}
	if err := decMode.Unmarshal(body, message); err != nil {
		return fmt.Errorf("%w: %v", ErrMalformed, err)
	}
	return message.Validate(limits)
}

var encMode, decMode = modes()

func modes() (cbor.EncMode, cbor.DecMode) {
	enc, err := cbor.EncOptions{IndefLength: cbor.IndefLengthForbidden, TagsMd: cbor.TagsForbidden, Sort: cbor.SortBytewiseLexical}.EncMode()
	if err != nil {
		panic(err)
	}
	dec, err := cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		IndefLength:       cbor.IndefLengthForbidden,
		TagsMd:            cbor.TagsForbidden,
		MaxNestedLevels:   64, // scan is the tighter bound
		FieldNameMatching: cbor.FieldNameMatchingCaseSensitive,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
	}.DecMode()
	if err != nil {
		panic(err)
	}
	return enc, dec
}
