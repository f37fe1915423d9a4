package plugin

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// library makes the smallest shared library for this processor that exports the named function and carries the given
// bytes: a header, one loadable segment over the whole file, and a table of dynamic symbols.
func library(t *testing.T, function string, payload []byte) []byte {
	t.Helper()
	machine := map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}[runtime.GOARCH]
	names := "\x00" + function + "\x00.dynsym\x00.dynstr\x00"
	const header, section, symbol = 64, 64, 24
	symbols := uint64(header + 56)
	strings := symbols + 2*symbol
	sections := strings + uint64(len(names)) + uint64(len(payload))
	size := sections + 3*section

	var b bytes.Buffer
	put := func(v any) { require.NoError(t, binary.Write(&b, binary.LittleEndian, v)) }
	h := elf.Header64{Type: uint16(elf.ET_DYN), Machine: uint16(machine), Version: 1, Phoff: header, Shoff: sections,
		Ehsize: header, Phentsize: 56, Phnum: 1, Shentsize: section, Shnum: 3, Shstrndx: 2}
	copy(h.Ident[:], elf.ELFMAG)
	h.Ident[elf.EI_CLASS], h.Ident[elf.EI_DATA], h.Ident[elf.EI_VERSION] = byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), 1
	put(h)
	put(elf.Prog64{Type: uint32(elf.PT_LOAD), Filesz: size, Memsz: size})
	put(elf.Sym64{})
	put(elf.Sym64{Name: 1, Info: elf.ST_INFO(elf.STB_GLOBAL, elf.STT_FUNC), Shndx: 1})
	b.WriteString(names)
	b.Write(payload)
	put(elf.Section64{})
	put(elf.Section64{Name: uint32(len(function)) + 2, Type: uint32(elf.SHT_DYNSYM), Off: symbols, Size: 2 * symbol, Link: 2, Entsize: symbol})
	put(elf.Section64{Name: uint32(len(function)) + 10, Type: uint32(elf.SHT_STRTAB), Off: strings, Size: uint64(len(names))})
	require.EqualValues(t, size, b.Len())
	return b.Bytes()
}

func write(t *testing.T, path string, contents []byte) string {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, contents, 0o755))
	return path
}
