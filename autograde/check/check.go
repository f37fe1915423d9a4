// Package check is the trusted side of grading: suites of checks that call a student's functions in a worker and judge
// what comes back.
//
// A lab's author writes a [Suite] once. It runs against the reference solution, the released holes, known wrong answers
// and every student: in process under `go test` (package check/local), and over a pipe to a sandboxed worker ([Main]).
//
//	var Suite = check.Suite{Lab: "lab1-attention", Checks: []check.Check{{
//		ID: "softmax-rows", Task: "1", Points: 2, Title: "rows sum to one", Hint: "Over which axis is the softmax?",
//		Run: func(t *check.T) {
//			q, k := t.Normal(2, 3, 5), t.Normal(2, 7, 5)
//			_, weights := t.Call2("ScaledDotProduct", q, k, k, check.Nil)
//			t.Contract(weights, "Float32", 2, 3, 7)
//			t.RowsSumToOne("weights", weights, 1e-5)
//		},
//	}}}
//
// Rules that make a verdict worth something:
//
//   - Only what the checks binary itself ran counts; a check that compared nothing is an Internal Error.
//   - Shapes and dtypes are exact and come before values. Values pass only if |got-want| <= atol + rtol*|want| holds,
//     so NaN fails.
//   - Inputs are drawn from [T.Rand], seeded by the recorded seed and the check's ID: any verdict can be replayed.
//   - A missing, late, malformed or oversized answer fails the check with its own verdict; after a time-out the
//     remaining checks of the task get the same verdict. A fault of the check itself is an Internal Error, which is
//     never charged to the student and never a pass.
//   - A public check reports got and want; a hidden one only the verdict and its hint.
package check

// Verdict is the outcome of one check.
type Verdict string

// The verdicts. A check itself yields Accepted, Wrong Answer, Time Limit Exceeded, Output Limit Exceeded, Runtime
// Error or Internal Error; the orchestrator adds the others from what the policy, the build and the sandbox say.
const (
	Accepted            Verdict = "Accepted"
	WrongAnswer         Verdict = "Wrong Answer"
	CompileError        Verdict = "Compile Error"
	TimeLimitExceeded   Verdict = "Time Limit Exceeded"
	MemoryLimitExceeded Verdict = "Memory Limit Exceeded"
	OutputLimitExceeded Verdict = "Output Limit Exceeded"
	RuntimeError        Verdict = "Runtime Error"
	Forbidden           Verdict = "Forbidden"
	InternalError       Verdict = "Internal Error"
)

// Suite is the checks of one visibility of one lab.
type Suite struct {
	Lab    string
	Checks []Check
}

// Check is one question to the student's code.
type Check struct {
	// ID is unique in the lab; it seeds the check's inputs, so renaming a check changes what it draws.
	ID string
	// Task is the id of the task in lab.yaml that the check belongs to.
	Task string
	// Points is the weight of the check within its task, relative to the task's other checks.
	Points float64
	// Hidden checks show the student only the kind of failure and the Hint.
	Hidden bool
	// Title says in a few words what is checked, in the student's terms; not shown for hidden checks.
	Title string
	// Hint is shown when the check fails: a question or pointer, never an expected value.
	Hint string
	// Run asks and judges. It runs to its end, or ends at the first failure.
	Run func(t *T)
}
