package training

import (
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/distributed"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/core/tensors/dtensor"
	"github.com/gomlx/gomlx/ml/model"
)

// parallel is data parallelism: each device holds all variables and an equal part of every batch, cut along its first axis. The
// graph is written for the whole batch; XLA partitions it, and adds what the devices computed.
type parallel struct {
	inputs []*distributed.ShardingSpec // of the learning rate and of each tensor of a batch
}

// newParallel spreads the executor of a step, whose inputs are the learning rate and the tensors of a batch, over devices. It
// returns the shapes to compile it for, too: those of the inputs, device by device.
func newParallel(b compute.Backend, devices int, exec *model.Exec, inputs []shapes.Shape) (*parallel, []shapes.Shape, error) {
	if has := int(b.NumDevices()); has < devices {
		return nil, nil, errorf("Devices is %d, but the backend %s has %d: lower it, or leave it 0", devices, b.Name(), has)
	}
	mesh, err := distributed.NewDeviceMesh([]int{devices}, []string{"batch"})
	if err != nil {
		return nil, nil, errorf("%d devices: %w", devices, err)
	}
	whole := distributed.NewReplicatedShardingSpec(mesh)
	p := &parallel{inputs: []*distributed.ShardingSpec{whole}}
	parts := []shapes.Shape{inputs[0]}
	for _, shape := range inputs[1:] {
		if shape.Rank() == 0 || shape.Dim(0)%devices != 0 {
			return nil, nil, errorf("a tensor %s of the batch cannot be cut along its first axis for %d devices", shape, devices)
		}
		spec := distributed.BuildSpec(mesh).S("batch")
		for range shape.Rank() - 1 {
			spec = spec.R()
		}
		cut, err := spec.Done()
		if err != nil {
			return nil, nil, errorf("%d devices: %w", devices, err)
		}
		p.inputs, parts = append(p.inputs, cut), append(parts, cut.ShardShape(shape))
	}
	exec.AutoSharding(mesh).WithInputShardingSpecs(p.inputs...).WithOutputShardingSpecs(whole)
	if err := exec.SetDefaultShardingSpec(whole); err != nil {
		return nil, nil, errorf("%d devices: %w", devices, err)
	}
	for v := range exec.Store().IterVariables() { // those that are there already, the random state among them
		if err := v.SetShardingSpec(whole); err != nil {
			return nil, nil, errorf("%d devices: %w", devices, err)
		}
	}
	return p, slices.Repeat(parts, devices), nil
}

// spread puts the learning rate on all devices and cuts the batch for them.
func (p *parallel) spread(args []any) ([]any, error) {
	spread := make([]any, len(args))
	for i, arg := range args {
		var err error
		if spread[i], err = dtensor.ShardTensor(p.inputs[i], arg.(*tensors.Tensor)); err != nil {
			return nil, errorf("input %d for several devices: %w", i, err)
		}
	}
	return spread, nil
}
