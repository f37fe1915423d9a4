// Package answers stands for a student's package in the tests of the worker: honest, wrong and hostile functions.
package answers

import (
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"time"

	. "github.com/gomlx/gomlx/core/graph"
)

func init() { fmt.Println("a print while the package starts") }

// Double is right.
func Double(x *Node) *Node {
	fmt.Println("a print while the graph is built")
	return Add(x, x)
}

// Plain is a function without a graph.
func Plain(n int) int {
	fmt.Print("a print without a newline")
	return n + 1
}

// Stub panics with a value that is no error.
func Stub(x *Node) *Node { panic("not implemented") }

// Exit ends the process as if all were well.
func Exit(n int) int { os.Exit(0); return n }

// Loop never answers.
func Loop(n int) int {
	for {
		n++
	}
}

// Recurse runs out of stack.
func Recurse(n int) int { return Recurse(n+1) + 1 }

// Hoard runs out of memory.
func Hoard(n int) int {
	var all [][]byte
	for {
		block := make([]byte, 16<<20)
		for i := 0; i < len(block); i += 4096 {
			block[i] = 1
		}
		all = append(all, block)
		time.Sleep(time.Millisecond)
	}
}

// Crash panics in another goroutine, where nobody can recover.
func Crash(n int) int {
	go func() { panic("elsewhere") }()
	time.Sleep(time.Second)
	return n
}

// frames finds the private descriptor of the answers and writes to it.
func frames(data []byte) {
	for fd := 3; fd < 300; fd++ {
		target, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(fd))
		if err == nil && len(target) > 5 && target[:5] == "pipe:" {
			_, _ = os.NewFile(uintptr(fd), "frames").Write(data)
		}
	}
}

// Garbage answers with something that is no frame.
func Garbage(n int) int { frames([]byte("\x00\x00\x00\x05hello")); return n }

// Huge announces four gigabytes.
func Huge(n int) int { frames([]byte("\xff\xff\xff\xffx")); return n }

// Forge answers with a well-formed frame for another request.
func Forge(n int) int {
	body := []byte{0xa2, 0x62, 'i', 'd', 0x50}
	body = append(body, make([]byte, 16)...)
	body = append(body, 0x63, 'r', 'e', 's', 0x81, 0xa2, 0x61, 'k', 0x03, 0x61, 'i', 0x18, 42)
	frames(append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...))
	return n
}

// Flood fills stderr.
func Flood(n int) int {
	for {
		fmt.Println("more and more and more and more and more and more and more and more")
	}
}
