package training

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sort"
	"strings"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/backend"
)

// Loop trains the variables of a Store. Make it with New or NewUpdate.
type Loop struct {
	// Evaluate, if set, measures the model as Config.EvaluateEvery says. It runs between two steps and may
	// execute graphs over the same store, but must not change the variables.
	Evaluate func(ctx context.Context, step int) (map[string]float64, error)

	config      Config
	backend     compute.Backend
	store       *model.Store
	update      Update
	batches     Batches
	exec        *model.Exec
	accumulator *accumulator // nil if one batch makes an update
	parallel    *parallel    // nil on one device
	metricNames []string

	step    int // last finished step
	saved   int // step of the newest checkpoint
	history History
}

// New prepares a run: it checks the configuration, builds the graph of a step, draws the initial parameters
// and, if Config.CheckpointDir holds a checkpoint, puts the newest one's values in their place.
//
// The store should be fresh, or hold parameters that training goes on from; its random state is set from
// Config.Seed. Errors name the rule, the batch or the checkpoint that is wrong.
func New(b compute.Backend, store *model.Store, config Config, objective Objective, batches Batches) (*Loop, error) {
	l := &Loop{config: config, backend: b, store: store, update: minimize(objective), batches: batches}
	if config.accumulate() > 1 {
		l.update, l.accumulator = nil, &accumulator{objective: objective}
	}
	return l.start()
}

// NewUpdate is New for a step that changes the variables itself, such as that of a generator and a discriminator, which
// minimise two losses in turn.
func NewUpdate(b compute.Backend, store *model.Store, config Config, update Update, batches Batches) (*Loop, error) {
	if config.accumulate() > 1 {
		return nil, errorf("Accumulate is %d, but a step with losses of its own takes one batch: leave Accumulate 0, or use New", config.Accumulate)
	}
	return (&Loop{config: config, backend: b, store: store, update: update, batches: batches}).start()
}

// start does what New says.
func (l *Loop) start() (*Loop, error) {
	config, store := l.config, l.store
	if err := config.Validate(); err != nil {
		return nil, err
	}
	store.SetParam(model.ParamInitialSeed, config.Seed)
	if err := store.SetRNGStateFromSeed(config.Seed); err != nil {
		return nil, errorf("cannot seed the random state: %w", err)
	}
	var err error
	graphOfStep := l.stepGraph
	if l.accumulator != nil {
		graphOfStep = l.applyGraph
		if l.accumulator.exec, err = model.NewExec(l.backend, store, l.accumulateGraph); err != nil {
			return nil, errorf("cannot prepare the gradients: %w", err)
		}
		l.accumulator.exec.WithName("gradients of a batch")
	}
	if l.exec, err = model.NewExec(l.backend, store, graphOfStep); err != nil {
		return nil, errorf("cannot prepare the step: %w", err)
	}
	l.exec.WithName("training step")

	if config.CheckpointDir == "" {
		err = l.prepare()
	} else {
		err = l.prepareOrResume()
	}
	if err != nil {
		return nil, err
	}
	return l, nil
}

// Step is the number of steps done so far, those before a resume included.
func (l *Loop) Step() int { return l.step }

// Store holds the variables that the loop trains.
func (l *Loop) Store() *model.Store { return l.store }

// stepGraph computes the loss of a batch and updates all variables. inputs[0] is the learning rate.
func (l *Loop) stepGraph(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
	rate, batch := inputs[0], inputs[1:]
	l.store.SetTraining(rate.Graph(), true)
	optimizer := l.config.optimizer(rate)
	optimizer.norms = new([]*graph.Node)
	loss, metrics := l.update(scope, batch, optimizer)
	loss.AssertScalar()
	l.updateInPlace(rate.Graph())
	return l.outputs(rate.DType(), metrics, loss, optimizer.gradientNorm())
}

// outputs are the scalars that come out of a graph, the metrics last, and their names.
func (l *Loop) outputs(dtype dtypes.DType, metrics []Metric, first ...*graph.Node) []*graph.Node {
	outputs := first
	l.metricNames = l.metricNames[:0]
	for _, metric := range metrics {
		metric.Value.AssertScalar()
		l.metricNames = append(l.metricNames, metric.Name)
		outputs = append(outputs, metric.Value)
	}
	for i, output := range outputs {
		outputs[i] = graph.ConvertDType(output, dtype)
	}
	return outputs
}

// updateInPlace lets the new values of the variables take the memory of the old ones. GoMLX puts them before all other
// outputs, in the store's order, and donates the old ones.
func (l *Loop) updateInPlace(g *graph.Graph) {
	if l.parallel != nil {
		return // the memory of a variable is several devices'
	}
	var changed []*graph.Node
	for v := range l.store.IterVariables() {
		if v.ChangedInGraph(g) {
			changed = append(changed, g.GetParameterByName(v.Path()))
		}
	}
	backend.UpdateInPlace(changed)
}

// batch makes the tensors of a batch; batches are numbered like steps unless several make an update.
func (l *Loop) batch(number int) ([]any, error) {
	batch, err := l.batches(Rand(l.config.Seed, number), number)
	if err != nil {
		return nil, errorf("batch of step %d: %w", number, err)
	}
	args := make([]any, 0, len(batch))
	for i, tensor := range batch {
		if tensor == nil {
			return nil, errorf("batch of step %d: tensor %d is nil", number, i)
		}
		args = append(args, tensor)
	}
	return args, nil
}

func (l *Loop) rate(step int) *tensors.Tensor {
	return tensors.FromScalar(float32(l.config.Schedule.Rate(step)))
}

// free the tensors of a batch, unless they are kept.
func (l *Loop) free(batch []any) {
	if l.config.KeepBatches {
		return
	}
	for _, arg := range batch {
		arg.(*tensors.Tensor).MustFinalizeAll()
	}
}

// prepare builds the graph of a step and gives every variable its initial value, so that variables exist, in
// the order of the graph, before a checkpoint's values are put into them.
func (l *Loop) prepare() error {
	began := time.Now()
	defer func() {
		l.history.CompileSeconds += time.Since(began).Seconds()
		l.history.Seconds += time.Since(began).Seconds()
	}()
	batch, err := l.batch(1)
	if err != nil {
		return err
	}
	var batchShapes []shapes.Shape
	for _, arg := range batch {
		batchShapes = append(batchShapes, arg.(*tensors.Tensor).Shape())
	}
	l.free(batch)
	inputShapes := []shapes.Shape{shapes.Make(dtypes.Float32)} // the learning rate
	if l.accumulator == nil {
		inputShapes = append(inputShapes, batchShapes...)
	} else if _, err = l.accumulator.exec.Compile(batchShapes...); err != nil {
		return errorf("building the gradients of a batch: %w", err)
	}
	if l.config.Devices > 1 {
		if l.parallel, inputShapes, err = newParallel(l.backend, l.config.Devices, l.exec, inputShapes); err != nil {
			return err
		}
	}
	if _, err = l.exec.Compile(inputShapes...); err != nil {
		return errorf("building the step: %w", err)
	}
	return l.initialize()
}

// initialize gives every variable that has no value its first one. They are drawn on the Go backend, whatever the
// backend of the run: then a seed gives the same parameters everywhere, and XLA need not compile a graph for that.
func (l *Loop) initialize() error {
	b, _, err := backend.OpenNamed(backend.Go)
	if err != nil {
		return errorf("drawing the initial parameters: %w", err)
	}
	if err := l.store.InitializeVariables(b, nil); err != nil {
		return errorf("drawing the initial parameters: %w", err)
	}
	if b == l.backend {
		return nil
	}
	for v := range l.store.IterVariables() {
		if err := v.MustValue().ToLocal(); err != nil {
			return errorf("initial value of %s: %w", v.Path(), err)
		}
	}
	return nil
}

// Run trains until Config.Steps, a target, exhausted patience or ctx's end, and returns the whole history,
// that before a resume included. Called again it goes on if there is anything left to do.
//
// When ctx ends it writes a checkpoint (if it has a folder for one) and returns the history together with an
// error that wraps ctx's. Other errors: a loss that is not a number, a batch or a graph that fails, a
// checkpoint that cannot be written.
func (l *Loop) Run(ctx context.Context) (History, error) {
	start := time.Now().Add(-time.Duration(l.history.Seconds * float64(time.Second)))
	elapsed := func() float64 { return time.Since(start).Seconds() }
	bar := newProgress(l.config, l.step)
	defer bar.close()

	l.history.Stopped = l.history.stopReason(l.config)
	for l.history.Stopped == "" && l.step < l.config.Steps {
		if ctx.Err() != nil {
			l.history.Stopped = "cancelled"
			break
		}
		next := l.step + 1
		if _, err := l.advance(next%l.config.RecordEvery == 0 || next == l.config.Steps, elapsed); err != nil {
			return l.history, err
		}
		if err := l.evaluate(ctx, elapsed); err != nil {
			return l.history, err
		}
		bar.update(l.step, l.history)
		l.history.Seconds = elapsed()
		if l.config.CheckpointEvery > 0 && l.step%l.config.CheckpointEvery == 0 {
			if err := l.save(); err != nil {
				return l.history, err
			}
		}
		l.history.Stopped = l.history.stopReason(l.config)
	}
	if l.history.Stopped == "" {
		l.history.Stopped = "steps"
	}
	if l.config.CheckpointDir != "" && l.saved != l.step {
		if err := l.save(); err != nil {
			return l.history, err
		}
	}
	if l.history.Stopped == "cancelled" {
		return l.history, errorf("stopped after step %d of %d: %w", l.step, l.config.Steps, ctx.Err())
	}
	return l.history, nil
}

// Next does one step and returns its point of the history, in which it is recorded. It is for who looks at, or times,
// single steps: Config.Steps, evaluation, progress bar and checkpoints are left to Run, which goes on from there.
func (l *Loop) Next() (Point, error) {
	start := time.Now().Add(-time.Duration(l.history.Seconds * float64(time.Second)))
	elapsed := func() float64 { return time.Since(start).Seconds() }
	point, err := l.advance(true, elapsed)
	l.history.Seconds = elapsed()
	return point, err
}

// advance does the next step and, if it is to be recorded, reads back its point and adds it to the history.
func (l *Loop) advance(record bool, elapsed func() float64) (Point, error) {
	point, err := l.runStep(l.step+1, record)
	if err != nil {
		return Point{}, err
	}
	l.step++
	if !record {
		return point, nil
	}
	point.Seconds = elapsed()
	l.history.Points = append(l.history.Points, point)
	if math.IsNaN(point.Loss) || math.IsInf(point.Loss, 0) {
		return point, errorf("the loss is %g at step %d (learning rate %g): lower the rate, or set ClipNorm (now %g)",
			point.Loss, l.step, point.LearningRate, l.config.ClipNorm)
	}
	return point, nil
}

// runStep does one update and, if it is to be recorded, waits for its point.
func (l *Loop) runStep(step int, record bool) (Point, error) {
	run := l.runBatch
	if l.accumulator != nil {
		run = l.runBatches
	}
	values, err := run(step, record)
	if err != nil || !record {
		return Point{}, err
	}
	point := Point{Step: step, LearningRate: l.config.Schedule.Rate(step), Loss: values[0], GradientNorm: values[1]}
	if len(l.metricNames) > 0 {
		point.Metrics = make(map[string]float64, len(l.metricNames))
	}
	for i, name := range l.metricNames {
		point.Metrics[name] = values[2+i]
	}
	return point, nil
}

// runBatch does an update of one batch and returns, if asked, its loss, gradient norm and metrics.
func (l *Loop) runBatch(step int, read bool) ([]float64, error) {
	batch, err := l.batch(step)
	if err != nil {
		return nil, err
	}
	defer l.free(batch)
	rate := l.rate(step)
	defer rate.MustFinalizeAll()
	args := append([]any{rate}, batch...)
	if l.parallel != nil {
		if args, err = l.parallel.spread(args); err != nil {
			return nil, err
		}
	}
	return call(l.exec, step, read, args...)
}

// call executes a graph of scalar outputs and returns them if asked, those of the first device; else it does not wait for them.
func call(exec *model.Exec, step int, read bool, args ...any) (values []float64, err error) {
	outputs, err := exec.Call(args...)
	if err != nil {
		return nil, errorf("step %d: %w", step, err)
	}
	for i, output := range outputs {
		if read && i < len(outputs)/exec.NumDevices() {
			values = append(values, float64(tensors.ToScalar[float32](output)))
		}
		output.MustFinalizeAll()
	}
	return values, nil
}

// evaluate calls Evaluate if it is due after the current step.
func (l *Loop) evaluate(ctx context.Context, elapsed func() float64) error {
	due := l.step == l.config.Steps || l.config.EvaluateEvery > 0 && l.step%l.config.EvaluateEvery == 0
	if l.Evaluate == nil || !due {
		return nil
	}
	metrics, err := l.Evaluate(ctx, l.step)
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return errorf("evaluation after step %d was cut off: %w", l.step, err)
	}
	if err != nil {
		return errorf("evaluation after step %d: %w", l.step, err)
	}
	l.history.Evaluations = append(l.history.Evaluations, Evaluation{Step: l.step, Metrics: metrics, Seconds: elapsed()})
	return nil
}

// describe writes metrics as "name value, name value", sorted by name.
func describe(metrics map[string]float64) string {
	parts := make([]string, 0, len(metrics))
	for name, value := range metrics {
		parts = append(parts, fmt.Sprintf("%s %.4g", name, value))
	}
	sort.Strings(parts)
	return strings.Join(parts, ", ")
}
