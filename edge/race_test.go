//go:build race

package edge_test

// raceDetector makes the tests that prove policies smaller: under the detector OPA is ten times slower.
const raceDetector = true
