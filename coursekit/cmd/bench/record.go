package main

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"courselab/coursekit/backend"
	"courselab/coursekit/workload"
)

// record is one run of one workload; the keys are those of the other frameworks' programs.
type record struct {
	Framework string `json:"framework"`
	Workload  string `json:"workload"`
	Mode      string `json:"mode"`
	timing
	Compile      float64         `json:"compile_s"`
	StepsPerS    float64         `json:"steps_per_s"`
	UnitsPerS    float64         `json:"examples_or_tokens_per_s"`
	Unit         string          `json:"unit"`
	Params       int             `json:"params"`
	FLOPs        int64           `json:"flops_per_step"`
	GFLOPsPerS   float64         `json:"gflops_per_s"`
	Golden       json.RawMessage `json:"golden"`
	Version      string          `json:"version"`
	Import       float64         `json:"import_s"`
	PeakOfImport float64         `json:"rss_after_import_mb"`
	Peak         float64         `json:"rss_peak_mb"`
	Time         string          `json:"time"`
}

// coursekit is the framework of this program.
const coursekit = "coursekit"

// mode is "xla" or "go", the kind of a backend.
func mode(backendName string) string {
	kind, _, _ := strings.Cut(backendName, ":")
	return kind
}

// runHere runs a workload in this process: opens the backend, builds, checks the golden numbers, times.
func runHere(name, backendName string, quiet, limit time.Duration) (record, error) {
	w, err := workload.Find(name)
	if err != nil {
		return record{}, err
	}
	began := time.Now()
	b, info, err := backend.OpenNamed(backendName)
	if err != nil {
		return record{}, err
	}
	r := record{
		Framework: coursekit, Workload: w.Name, Mode: mode(backendName), Unit: w.Unit, Params: w.Parameters, FLOPs: w.FLOPs,
		Version: info.Config, Import: time.Since(began).Seconds(), PeakOfImport: peakMB(),
	}
	switch {
	case info.PluginVersion != "":
		r.Version = info.PluginVersion
	case info.SIMD:
		r.Version += " with SIMD"
	}
	session, err := w.Open(b)
	if err != nil {
		return record{}, err
	}
	var golden []workload.Output
	if r.timing, golden, err = measure(thisMachine{}, session.Step, quiet, limit); err != nil {
		return record{}, fmt.Errorf("workload %s: %w", w.Name, err)
	}
	if err := w.Check(golden, workload.Tolerance(backend.IsGo(b))); err != nil {
		return record{}, err
	}
	r.FirstStep += session.BuildSeconds
	if r.Golden, err = goldenJSON(w, golden); err != nil {
		return record{}, err
	}
	median := r.Median / 1e3
	r.Compile = max(0, r.FirstStep-median)
	r.StepsPerS, r.UnitsPerS, r.GFLOPsPerS = 1/median, float64(w.Units)/median, float64(w.FLOPs)/median/1e9
	r.Peak, r.Time = peakMB(), time.Now().Format(time.TimeOnly)
	return r, nil
}

// goldenJSON is a list of losses, or what was generated, once.
func goldenJSON(w workload.Workload, outputs []workload.Output) (json.RawMessage, error) {
	if len(w.Golden) == 1 {
		return json.Marshal(outputs[0])
	}
	return json.Marshal(outputs)
}

// checkGolden compares the golden numbers of a record, from whatever framework, with those of the workload.
func checkGolden(r record, tolerance float64) error {
	w, err := workload.Find(r.Workload)
	if err != nil {
		return err
	}
	text, err := goldenJSON(w, w.Golden)
	if err != nil {
		return err
	}
	want, err := numbers(text)
	if err != nil {
		return err
	}
	got, err := numbers(r.Golden)
	if err != nil {
		return fmt.Errorf("%s of %s: golden: %w", r.Workload, r.Framework, err)
	}
	if len(got) != len(want) {
		return fmt.Errorf("%s of %s: %d golden numbers, want %d", r.Workload, r.Framework, len(got), len(want))
	}
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= tolerance*math.Abs(want[i])) {
			return fmt.Errorf("%s of %s: golden number %d is %v, want %v to %g", r.Workload, r.Framework, i, got[i], want[i], tolerance)
		}
	}
	return nil
}

// numbers are all numbers of a JSON text, in order.
func numbers(text []byte) ([]float64, error) {
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		return nil, err
	}
	var list []float64
	var walk func(any) error
	walk = func(value any) error {
		switch v := value.(type) {
		case float64:
			list = append(list, v)
		case []any:
			for _, x := range v {
				if err := walk(x); err != nil {
					return err
				}
			}
		default:
			return fmt.Errorf("%v is neither a number nor a list", value)
		}
		return nil
	}
	err := walk(value)
	return list, err
}
