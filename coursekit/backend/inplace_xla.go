//go:build cgo && !noxla

package backend

import (
	"reflect"

	"github.com/gomlx/compute"
	"github.com/gomlx/go-xla/compute/xla"
	"github.com/gomlx/go-xla/stablehlo"
	"github.com/gomlx/gomlx/core/graph"
)

// alias marks a parameter as one whose memory the output may have, as JAX does with donated arguments.
//
// go-xla has such attributes and GoMLX does not pass them on, hence the look at fields that they do not export. If they
// are gone, nothing is marked; a test says so.
func alias(parameter *graph.Node, output int) {
	values := reflect.ValueOf(parameter).Elem().FieldByName("outputOps")
	if !values.IsValid() || values.Type() != reflect.TypeFor[[]compute.Value]() || values.Len() != 1 {
		return
	}
	node := values.Index(0).Elem()
	if node.Type() != reflect.TypeFor[*xla.Node]() { // another backend
		return
	}
	field := node.Elem().FieldByName("value")
	if !field.IsValid() || field.Type() != reflect.TypeFor[*stablehlo.Value]() {
		return
	}
	value := (*stablehlo.Value)(field.UnsafePointer())
	if value.Attributes == nil {
		value.Attributes = map[string]any{}
	}
	value.Attributes["tf.aliasing_output"] = int32(output)
}
