// Package wire is the language between the trusted checks and the untrusted worker:
// frames of a 4-byte big-endian length and one CBOR item, inside hard limits.
//
// Everything a worker sends may be hostile. A frame is therefore measured before it is decoded (bytes,
// nesting, number of items, indefinite lengths, tags), decoded strictly (unknown fields and duplicate keys
// are errors) and validated after (known dtype, rank, elements, len(Data) equal to elements times the
// element size). Decoding never panics and never allocates more than a small multiple of Limits.Frame.
//
// Long numeric lists travel as byte strings, not as CBOR arrays, so that the number of CBOR items in an
// honest frame is small and can be bounded tightly.
//
// Non-goals: streaming, versioning between releases (both ends are built from one checkout), encryption.
package wire
