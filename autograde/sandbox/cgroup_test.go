package sandbox

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fakeRoot lays out a machine's cgroup files.
func fakeRoot(t *testing.T, files map[string]string) string {
	root := t.TempDir()
	for name, content := range files {
		path := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
	}
	return root
}

// machineV2 is a delegated group of systemd: /user/me below the top, which a container shows as its own top.
func machineV2(t *testing.T) (root, dir string) {
	root = fakeRoot(t, map[string]string{
		"proc/self/mountinfo":                          "25 1 254:0 / / rw - ext4 /dev/vda rw\n30 25 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n",
		"proc/self/cgroup":                             "0::/user/me\n",
		"sys/fs/cgroup/user/me/cgroup.controllers":     "cpu memory pids\n",
		"sys/fs/cgroup/user/me/cgroup.subtree_control": "\n",
		"sys/fs/cgroup/user/me/cgroup.procs":           "4194301\n4194302\n",
	})
	return root, filepath.Join(root, "sys/fs/cgroup/user/me")
}

func content(t *testing.T, path ...string) string {
	data, err := os.ReadFile(filepath.Join(path...))
	require.NoError(t, err)
	return strings.TrimSpace(string(data))
}

func TestVersion2IsUsedWhereItHasTheControllers(t *testing.T) {
	root, dir := machineV2(t)
	c, err := findCgroups(root)
	require.NoError(t, err)
	assert.Equal(t, 2, c.version)
	assert.Equal(t, "+memory +pids", content(t, dir, "cgroup.subtree_control"))
	g, err := c.create(Limits{Memory: 7 << 20, Pids: 23})
	require.NoError(t, err)
	group := g.dirs[""]
	assert.Equal(t, dir, filepath.Dir(group))
	assert.Equal(t, "7340032", content(t, group, "memory.max"))
	assert.Equal(t, "0", content(t, group, "memory.swap.max"))
	assert.Equal(t, "1", content(t, group, "memory.oom.group"))
	assert.Equal(t, "23", content(t, group, "pids.max"))
	assert.Equal(t, []string{filepath.Join(group, "cgroup.procs")}, g.joins())
	assert.Equal(t, usage{}, g.usage())
	for name, text := range map[string]string{"cpu.stat": "usage_usec 1234567\nuser_usec 1\n", "memory.peak": "5000\n", "memory.current": "4000\n",
		"memory.events": "low 0\noom 1\noom_kill 2\n", "pids.events": "max 3\n"} {
		require.NoError(t, os.WriteFile(filepath.Join(group, name), []byte(text), 0o644))
	}
	assert.Equal(t, usage{cpu: 1234567 * time.Microsecond, memory: 5000, outOfMemory: true, pidsRefused: true}, g.usage())
	require.NoError(t, g.clear(time.Second))
	assert.Equal(t, "1", content(t, group, "cgroup.kill"))
}

func TestVersion2MovesProcessesOutOfTheWay(t *testing.T) {
	root, dir := machineV2(t)
	real, moved := writeControl, false
	defer func() { writeControl = real }()
	writeControl = func(file string, data []byte) error {
		switch filepath.Base(file) {
		case "cgroup.procs":
			moved = moved || filepath.Base(filepath.Dir(file)) == "courselab-main"
		case "cgroup.subtree_control":
			if !moved { // no inner processes
				return &os.PathError{Op: "write", Path: file, Err: syscall.EBUSY}
			}
		}
		return real(file, data)
	}
	_, err := findCgroups(root)
	require.NoError(t, err)
	assert.Equal(t, "4194302", content(t, dir, "courselab-main", "cgroup.procs"))
	assert.Equal(t, "+memory +pids", content(t, dir, "cgroup.subtree_control"))

	writeControl = func(file string, data []byte) error {
		return &os.PathError{Op: "write", Path: file, Err: syscall.EACCES}
	}
	root, _ = machineV2(t)
	_, err = findCgroups(root)
	assert.ErrorIs(t, err, syscall.EACCES, "not delegated")
}

func TestVersion1InAContainer(t *testing.T) {
	root := fakeRoot(t, map[string]string{
		"proc/self/mountinfo": "30 25 0:26 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n" +
			"31 25 0:27 /docker/abc /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n" +
			"32 25 0:28 /docker/abc /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n" +
			"33 25 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
		"proc/self/cgroup":                         "4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc/job\n2:pids:/elsewhere\n0::/\n",
		"sys/fs/cgroup/memory/tasks":               "",
		"sys/fs/cgroup/cpu,cpuacct/job/tasks":      "",
		"sys/fs/cgroup/pids/tasks":                 "",
		"sys/fs/cgroup/unified/cgroup.controllers": "hugetlb\n",
	})
	c, err := findCgroups(root)
	require.NoError(t, err)
	assert.Equal(t, 1, c.version)
	top := filepath.Join(root, "sys/fs/cgroup")
	assert.Equal(t, map[string]string{"memory": top + "/memory", "cpuacct": top + "/cpu,cpuacct/job", "pids": top + "/pids"}, c.parents)
	g, err := c.create(Limits{Memory: 11 << 20, Pids: 29})
	require.NoError(t, err)
	assert.Equal(t, "11534336", content(t, g.dirs["memory"], "memory.limit_in_bytes"))
	assert.Equal(t, "29", content(t, g.dirs["pids"], "pids.max"))
	require.NoError(t, os.WriteFile(filepath.Join(g.dirs["cpuacct"], "cpuacct.usage"), []byte("123\n"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(g.dirs["memory"], "memory.oom_control"), []byte("oom_kill_disable 0\nunder_oom 0\noom_kill 1\n"), 0o644))
	assert.Equal(t, usage{cpu: 123, outOfMemory: true}, g.usage())
}

func TestNoCgroups(t *testing.T) {
	_, err := findCgroups(fakeRoot(t, map[string]string{"proc/self/mountinfo": "", "proc/self/cgroup": "0::/\n"}))
	assert.ErrorContains(t, err, "not mounted")
	_, err = findCgroups(t.TempDir())
	assert.Error(t, err)
}

func TestSweepRemovesGroupsOfTheDeadOnly(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"courselab-4194303-1", groupName(), "courselab-main", "other-4194303"} {
		require.NoError(t, os.Mkdir(filepath.Join(dir, name), 0o755))
	}
	(&cgroups{version: 1, parents: map[string]string{"memory": dir}}).sweep()
	left, err := filepath.Glob(dir + "/*")
	require.NoError(t, err)
	assert.Len(t, left, 3)
	assert.NotContains(t, strings.Join(left, " "), "courselab-4194303-1")
}
