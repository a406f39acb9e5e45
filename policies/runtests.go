package policies

import "context"

// RunTests runs the tests that a policy brings along, without proving it. Failures are in the report and in the error, which is
// SourceErrors then, as is what is wrong with the texts.
func RunTests(ctx context.Context, s Source) (TestReport, error) { return runTests(ctx, s) }
