package sandbox

import (
	"os"
	"strconv"
	"strings"
	"time"
)

// usage is what a run has used so far.
type usage struct {
	cpu         time.Duration
	memory      int64 // peak, bytes
	outOfMemory bool  // the kernel killed for memory
	pidsRefused bool  // a fork was refused
}

// clockTick is the unit of times in /proc/PID/stat: USER_HZ is 100 on every Linux that Go runs on.
const clockTick = 10 * time.Millisecond

// tree is a process and its descendants as /proc shows them, for machines where no cgroup can be had.
type tree struct {
	root   int
	peak   int64
	killed []int // by killTree
}

type procStat struct {
	pid, parent int
	state       byte
	name        string
	cpu         time.Duration // own and of waited-for children
	resident    int64         // bytes
}

// readStat parses /proc/PID/stat; the name may hold spaces and parentheses.
func readStat(pid int) (procStat, bool) {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return procStat{}, false
	}
	text := string(data)
	open, end := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	if open < 0 || end < open {
		return procStat{}, false
	}
	f := strings.Fields(text[end+1:])
	if len(f) < 22 {
		return procStat{}, false
	}
	number := func(i int) int64 { n, _ := strconv.ParseInt(f[i], 10, 64); return n }
	return procStat{pid: pid, parent: int(number(1)), state: f[0][0], name: text[open+1 : end],
		cpu:      time.Duration(number(11)+number(12)+number(13)+number(14)) * clockTick,
		resident: number(21) * int64(os.Getpagesize())}, true
}

// allStats reads every process of the machine.
func allStats() []procStat {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	var stats []procStat
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			if s, ok := readStat(pid); ok {
				stats = append(stats, s)
			}
		}
	}
	return stats
}

// members lists the processes of the tree, the root first.
func (t *tree) members() []procStat {
	children := map[int][]procStat{}
	var found []procStat
	for _, s := range allStats() {
		children[s.parent] = append(children[s.parent], s)
		if s.pid == t.root {
			found = append(found, s)
		}
	}
	for i := 0; i < len(found); i++ {
		found = append(found, children[found[i].pid]...)
	}
	return found
}

func (t *tree) usage() usage {
	var u usage
	var resident int64
	for _, s := range t.members() {
		u.cpu += s.cpu
		resident += s.resident
	}
	t.peak = max(t.peak, resident)
	u.memory = t.peak
	return u
}
