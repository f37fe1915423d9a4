package sandbox

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// cgroups is where this process may make control groups: one folder per controller on v1, one for all on v2.
type cgroups struct {
	version int               // 1 or 2
	parents map[string]string // controller → folder
}

var wanted = []string{"memory", "pids", "cpuacct"}

// findCgroups looks for usable controllers below a root of the file system ("/", or a fake one in tests).
func findCgroups(root string) (*cgroups, error) {
	mounts, err := cgroupMounts(root)
	if err != nil {
		return nil, err
	}
	paths, err := cgroupPaths(filepath.Join(root, "proc/self/cgroup"))
	if err != nil {
		return nil, err
	}
	if dir := cgroupDir(mounts[""], paths[""]); dir != "" {
		controllers, _ := os.ReadFile(filepath.Join(dir, "cgroup.controllers"))
		fields := strings.Fields(string(controllers))
		if slices.Contains(fields, "memory") && slices.Contains(fields, "pids") {
			if err := enableV2(dir); err != nil {
				return nil, err
			}
			return &cgroups{version: 2, parents: map[string]string{"": dir}}, nil
		}
	}
	found := &cgroups{version: 1, parents: map[string]string{}}
	for _, controller := range wanted {
		if dir := cgroupDir(mounts[controller], paths[controller]); dir != "" {
			found.parents[controller] = dir
		}
	}
	if found.parents["memory"] == "" || found.parents["pids"] == "" {
		return nil, errors.New("the memory and pids controllers are not mounted")
	}
	for _, dir := range found.parents {
		probe := filepath.Join(dir, groupName())
		if err := os.Mkdir(probe, 0o755); err != nil {
			return nil, err
		}
		if err := os.Remove(probe); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// cgroupMount is a mount point and the folder of the hierarchy that it shows.
type cgroupMount struct{ point, shows string }

// cgroupMounts maps controllers to their mounts; "" is the v2 hierarchy.
func cgroupMounts(root string) (map[string]cgroupMount, error) {
	f, err := os.Open(filepath.Join(root, "proc/self/mountinfo"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	mounts := map[string]cgroupMount{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		before, after, _ := strings.Cut(lines.Text(), " - ")
		fields, tail := strings.Fields(before), strings.Fields(after)
		if len(fields) < 5 || len(tail) < 3 {
			continue
		}
		mount := cgroupMount{point: filepath.Join(root, fields[4]), shows: fields[3]}
		switch tail[0] {
		case "cgroup2":
			mounts[""] = mount
		case "cgroup":
			for _, option := range strings.Split(tail[2], ",") {
				mounts[option] = mount
			}
		}
	}
	return mounts, lines.Err()
}

// cgroupPaths maps controllers to this process's place in their hierarchy; "" is v2.
func cgroupPaths(file string) (map[string]string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	paths := map[string]string{}
	for _, line := range strings.Split(string(data), "\n") {
		parts := strings.SplitN(line, ":", 3)
		if len(parts) != 3 {
			continue
		}
		for _, controller := range strings.Split(parts[1], ",") {
			paths[controller] = parts[2]
		}
	}
	return paths, nil
}

// cgroupDir returns the folder of this process's group, or the mount's top where a container hides the way to it.
func cgroupDir(mount cgroupMount, path string) string {
	if mount.point == "" {
		return ""
	}
	if mount.shows != "/" {
		path = strings.TrimPrefix(path, mount.shows)
	}
	for _, dir := range []string{filepath.Join(mount.point, path), mount.point} {
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			return dir
		}
	}
	return ""
}

// enableV2 hands the controllers down to the children of dir. A group with processes of its own may not do that, so
// they move into a leaf first, if they may.
func enableV2(dir string) error {
	control := filepath.Join(dir, "cgroup.subtree_control")
	enabled, err := os.ReadFile(control)
	if err != nil {
		return err
	}
	if f := strings.Fields(string(enabled)); slices.Contains(f, "memory") && slices.Contains(f, "pids") {
		return nil
	}
	err = writeControl(control, []byte("+memory +pids"))
	if !errors.Is(err, syscall.EBUSY) {
		return err
	}
	leaf := filepath.Join(dir, "courselab-main")
	if err := os.Mkdir(leaf, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	for _, pid := range pidsIn(dir) {
		if err := writeControl(filepath.Join(leaf, "cgroup.procs"), []byte(strconv.Itoa(pid))); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("moving process %d into a leaf group: %w", pid, err)
		}
	}
	return writeControl(control, []byte("+memory +pids"))
}

// groupPrefix begins the names of all groups of this package; the number after it is the owner's pid.
const groupPrefix = "courselab-"

var groupCount atomic.Int64

func groupName() string {
	return fmt.Sprintf("%s%d-%d", groupPrefix, os.Getpid(), groupCount.Add(1))
}

// sweep removes groups whose owner is dead, with what is left in them.
func (c *cgroups) sweep() {
	for _, dir := range c.parents {
		entries, _ := os.ReadDir(dir)
		for _, entry := range entries {
			name, ok := strings.CutPrefix(entry.Name(), groupPrefix)
			owner, _, _ := strings.Cut(name, "-")
			pid, err := strconv.Atoi(owner)
			if !ok || err != nil || syscall.Kill(pid, 0) != syscall.ESRCH {
				continue
			}
			stale := group{version: c.version, dirs: map[string]string{"": filepath.Join(dir, entry.Name())}}
			_ = stale.clear(100 * time.Millisecond)
			_ = os.Remove(stale.dirs[""])
		}
	}
}

// writeControl writes a control file; a variable so that tests can play a kernel.
var writeControl = func(file string, data []byte) error { return os.WriteFile(file, data, 0o644) }

// group is the control group of one run.
type group struct {
	version int
	dirs    map[string]string
}

// create makes a group with the limits. On an error nothing is left.
func (c *cgroups) create(limits Limits) (*group, error) {
	g := &group{version: c.version, dirs: map[string]string{}}
	name := groupName()
	for controller, parent := range c.parents {
		dir := filepath.Join(parent, name)
		shared := slices.Contains(slices.Collect(maps.Values(g.dirs)), dir) // controllers mounted together
		if err := os.Mkdir(dir, 0o755); err != nil && !shared {
			g.remove()
			return nil, err
		}
		g.dirs[controller] = dir
	}
	settings := map[string]string{"memory.limit_in_bytes": strconv.FormatInt(limits.Memory, 10)}
	swap := map[string]string{"memory.memsw.limit_in_bytes": strconv.FormatInt(limits.Memory, 10)}
	if c.version == 2 {
		settings = map[string]string{"memory.max": strconv.FormatInt(limits.Memory, 10)}
		swap = map[string]string{"memory.swap.max": "0", "memory.oom.group": "1"}
	}
	settings["pids.max"] = strconv.Itoa(limits.Pids)
	for file, value := range settings {
		if err := writeControl(g.file(file), []byte(value)); err != nil {
			g.remove()
			return nil, err
		}
	}
	for file, value := range swap { // absent on some kernels
		_ = writeControl(g.file(file), []byte(value))
	}
	return g, nil
}

// file returns the path of a control file.
func (g *group) file(name string) string {
	if g.version == 2 {
		return filepath.Join(g.dirs[""], name)
	}
	controller, _, _ := strings.Cut(name, ".")
	return filepath.Join(g.dirs[controller], name)
}

// joins lists the files into which the launcher writes itself.
func (g *group) joins() []string {
	var files []string
	for _, dir := range g.dirs {
		files = append(files, filepath.Join(dir, "cgroup.procs"))
	}
	return files
}

// number reads a control file: its only number, or the one after key.
func (g *group) number(file, key string) int64 {
	data, err := os.ReadFile(g.file(file))
	if err != nil {
		return 0
	}
	for _, line := range strings.Split(string(data), "\n") {
		fields := strings.Fields(line)
		if key != "" && (len(fields) != 2 || fields[0] != key) {
			continue
		}
		if len(fields) > 0 {
			n, _ := strconv.ParseInt(fields[len(fields)-1], 10, 64)
			return n
		}
	}
	return 0
}

func (g *group) usage() usage {
	if g.version == 2 {
		return usage{
			cpu:         time.Duration(g.number("cpu.stat", "usage_usec")) * time.Microsecond,
			memory:      max(g.number("memory.peak", ""), g.number("memory.current", "")),
			outOfMemory: g.number("memory.events", "oom_kill") > 0,
			pidsRefused: g.number("pids.events", "max") > 0,
		}
	}
	return usage{
		cpu:         time.Duration(g.number("cpuacct.usage", "")),
		memory:      g.number("memory.max_usage_in_bytes", ""),
		outOfMemory: g.number("memory.oom_control", "oom_kill") > 0,
		pidsRefused: g.number("pids.events", "max") > 0,
	}
}

func pidsIn(dir string) []int {
	data, _ := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
	var pids []int
	for _, field := range strings.Fields(string(data)) {
		if pid, err := strconv.Atoi(field); err == nil && pid > 0 {
			pids = append(pids, pid)
		}
	}
	return pids
}

// clear kills until the group is empty. Forking cannot outrun it: the number of processes is limited and each new one
// is found in the next round.
func (g *group) clear(patience time.Duration) error {
	for deadline := time.Now().Add(patience); ; {
		left := 0
		for _, dir := range g.dirs {
			if g.version == 2 {
				_ = writeControl(filepath.Join(dir, "cgroup.kill"), []byte("1"))
			}
			for _, pid := range pidsIn(dir) {
				left++
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		}
		if left == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("sandbox: %d processes would not end", left)
		}
		time.Sleep(time.Millisecond)
	}
}

// remove deletes the empty group; the kernel may need a moment after the last process.
func (g *group) remove() {
	for _, dir := range g.dirs {
		for range 200 {
			if err := os.Remove(dir); !errors.Is(err, syscall.EBUSY) {
				break
			}
			time.Sleep(time.Millisecond)
		}
	}
}
